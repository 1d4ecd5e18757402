// A subject's state in its object's storage: one row, read when the object wakes up, and written whole. It is small: of each key no more
// views than its caps allow, and a hold for each request that is being answered.
import { fromColumns, toColumns, type ViewColumns } from "./view-columns.ts";
import type { Hold, KeyViews, SubjectState } from "./views.ts";

const ROW = "subject";

/** `windowsMs` of the views' keys. */
interface StoredSubject {
  readonly views: ViewColumns;
  readonly windowsMs: readonly number[];
  readonly holds: ReadonlyMap<string, Hold>;
  readonly forgottenMs: number;
}

/** What was stored last is the least that the clock can be: a caller whose clock is behind must not see less than others saw. */
export function readSubject(kv: SyncKvStorage): SubjectState {
  const stored = kv.get<StoredSubject>(ROW);
  if (!stored) return createSubject();
  const { windowsMs, holds, forgottenMs } = stored;
  const views = new Map<string, KeyViews>();
  for (const [key, seenMs] of fromColumns(stored.views)) views.set(key, { seenMs, windowMs: windowsMs[views.size] as number }); // one each
  let clockMs = forgottenMs;
  for (const { seenMs } of views.values()) clockMs = Math.max(clockMs, ...seenMs);
  for (const { heldMs } of holds.values()) clockMs = Math.max(clockMs, heldMs);
  return { views, holds: new Map(holds), settled: new Map(), clockMs, forgottenMs, dueMs: 0 };
}

export function writeSubject(kv: SyncKvStorage, { views, holds, forgottenMs }: SubjectState): void {
  const windowsMs = Array.from(views.values(), ({ windowMs }) => windowMs);
  kv.put<StoredSubject>(ROW, { views: toColumns(views), windowsMs, holds, forgottenMs });
}

export const createSubject = (): SubjectState => ({
  ...{ views: new Map(), holds: new Map(), settled: new Map(), clockMs: 0, forgottenMs: 0, dueMs: 0 },
});

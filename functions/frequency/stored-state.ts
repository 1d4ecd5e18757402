// A subject's state in its object's storage: one row, read when the object wakes up, and written whole. It is small: of each key no more
// views than its caps allow, and a hold for each request that is being answered.
import type { Hold, KeyViews, SubjectState } from "./views.ts";

const ROW = "subject";

interface StoredSubject {
  readonly views: ReadonlyMap<string, KeyViews>;
  readonly holds: ReadonlyMap<string, Hold>;
  readonly forgottenMs: number;
}

/** What was stored last is the least that the clock can be: a caller whose clock is behind must not see less than others saw. */
export function readSubject(kv: SyncKvStorage): SubjectState {
  const { views, holds, forgottenMs } = kv.get<StoredSubject>(ROW) ?? createSubject();
  let clockMs = forgottenMs;
  for (const { seenMs } of views.values()) clockMs = Math.max(clockMs, ...seenMs);
  for (const { heldMs } of holds.values()) clockMs = Math.max(clockMs, heldMs);
  return { views: new Map(views), holds: new Map(holds), settled: new Map(), clockMs, forgottenMs };
}

export const writeSubject = (kv: SyncKvStorage, { views, holds, forgottenMs }: SubjectState): void =>
  kv.put<StoredSubject>(ROW, { views, holds, forgottenMs });

export const createSubject = (): SubjectState => ({
  ...{ views: new Map(), holds: new Map(), settled: new Map(), clockMs: 0, forgottenMs: 0 },
});

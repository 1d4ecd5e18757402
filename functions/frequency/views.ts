// What one subject has seen, as a pure state machine. Views are held before they are shown, so that no parallel request can use them.
// The rule that caps follow is in shared/catalog/views-left.ts.
//
// A hold is of slots and not of keys: until it is settled, any of them may show anything, and they count for every key. So nobody need say
// beforehand what may be shown, and what is asked, answered and stored stays small, however many creatives are capped.
import { EVERY_KEY, type SeenViews } from "../../shared/catalog/views-left.ts";

/** A hold that nobody settled in this time becomes views of every key: the isolate died, and may have shown them. No window is shorter. */
export const HOLD_LIFETIME_MS = 60_000;

/** Views of a key, by when they were held. Each is kept for `windowMs`: the longest window that any of them was shown under. */
export interface KeyViews {
  readonly seenMs: readonly number[];
  readonly windowMs: number;
}

/** Slots that a request may fill; `windowMs` is the longest of any cap. */
export interface Hold {
  readonly heldMs: number;
  readonly slotCount: number;
  readonly windowMs: number;
}

/** `count` views of a key, and the longest window of its caps. */
export interface ShownViews {
  readonly key: string;
  readonly count: number;
  readonly windowMs: number;
}

type Held = Pick<SeenViews, "atMs" | "heldCount">;

/**
 * Plain data. `settled` (request id -> when) may be lost at any time; `clockMs` never goes back, and of views that were forgotten at
 * `forgottenMs` nothing is known any more. Before `dueMs` nothing lapses and nothing is forgotten; 0 where that was not looked at yet.
 */
export interface SubjectState {
  readonly views: Map<string, KeyViews>;
  readonly holds: Map<string, Hold>;
  readonly settled: Map<string, number>;
  clockMs: number;
  forgottenMs: number;
  dueMs: number;
}

/**
 * Holds slots, and says when, and how many others hold. With what the state has of views, the request may show of each key as much as
 * `viewsLeft` says. Asked again under the same id it has the same slots; null once they were settled: then it may show nothing that is
 * capped.
 *
 * @example holdSlots(state, "d-1", { slotCount: 3, windowMs: 432_000_000 }, now);
 */
export function holdSlots(state: SubjectState, requestId: string, wanted: Omit<Hold, "heldMs">, nowMs: number): Held | null {
  const atMs = advance(state, nowMs);
  if (state.settled.has(requestId)) return null;
  if (!state.holds.has(requestId)) {
    state.holds.set(requestId, { ...wanted, heldMs: atMs });
    state.dueMs = Math.min(state.dueMs, atMs + HOLD_LIFETIME_MS);
  }
  let heldCount = 0;
  for (const [id, { slotCount }] of state.holds) if (id !== requestId) heldCount += slotCount;
  return { atMs, heldCount };
}

/**
 * What was shown of a hold becomes views, the rest is free again. Without effect where the hold was settled before, has lapsed, or never
 * came; one that comes after its settling holds nothing. Throws where more is said to be shown than was held.
 */
export function settleViews(state: SubjectState, requestId: string, shown: readonly ShownViews[], nowMs: number): void {
  const settledMs = advance(state, nowMs);
  const hold = state.holds.get(requestId);
  for (const { key, count } of hold ? shown : []) {
    const { slotCount } = hold as Hold; // else nothing is looped over
    if (count > slotCount) throw new Error(`${key} was shown ${count} times, but only ${slotCount} slots were held`);
  }
  state.settled.set(requestId, settledMs);
  if (hold) becomeViews(state, requestId, hold, shown);
}

/** When nothing of the subject will be needed any more, should nothing else happen. */
export function neededUntilMs({ views, holds }: SubjectState): number {
  let untilMs = 0;
  for (const { seenMs, windowMs } of views.values()) untilMs = Math.max(untilMs, Math.max(...seenMs) + windowMs);
  for (const { heldMs, windowMs } of holds.values()) untilMs = Math.max(untilMs, heldMs + windowMs);
  return untilMs;
}

/** Moves the clock, never back; then lapses holds and forgets what no window sees any more. Gives the time. */
function advance(state: SubjectState, nowMs: number): number {
  state.clockMs = Math.max(state.clockMs, nowMs);
  const { clockMs, settled } = state;
  for (const [requestId, settledMs] of settled) {
    if (clockMs < settledMs + HOLD_LIFETIME_MS) break; // all others came later
    settled.delete(requestId);
  }
  if (clockMs >= state.dueMs) {
    lapseHolds(state);
    forgetViews(state);
    state.dueMs = findDueMs(state);
  }
  return clockMs;
}

function lapseHolds(state: SubjectState): void {
  for (const [requestId, hold] of state.holds) {
    const { heldMs, slotCount, windowMs } = hold;
    if (state.clockMs < heldMs + HOLD_LIFETIME_MS) continue;
    becomeViews(state, requestId, hold, [{ key: EVERY_KEY, count: slotCount, windowMs }]);
  }
}

function forgetViews(state: SubjectState): void {
  for (const [key, { seenMs, windowMs }] of state.views) {
    const kept = seenMs.filter((atMs) => state.clockMs < atMs + windowMs);
    if (kept.length === seenMs.length) continue;
    state.forgottenMs = state.clockMs;
    if (kept.length > 0) state.views.set(key, { seenMs: kept, windowMs });
    else state.views.delete(key);
  }
}

function findDueMs({ views, holds }: SubjectState): number {
  let dueMs = Number.POSITIVE_INFINITY;
  for (const { seenMs, windowMs } of views.values()) dueMs = Math.min(dueMs, Math.min(...seenMs) + windowMs);
  for (const { heldMs } of holds.values()) dueMs = Math.min(dueMs, heldMs + HOLD_LIFETIME_MS);
  return dueMs;
}

function becomeViews(state: SubjectState, requestId: string, { heldMs }: Hold, shown: readonly ShownViews[]): void {
  for (const { key, count, windowMs } of shown) {
    if (count === 0) continue;
    const known = state.views.get(key) ?? { seenMs: [], windowMs: 0 };
    const added = Array<number>(count).fill(heldMs);
    state.views.set(key, { seenMs: [...known.seenMs, ...added], windowMs: Math.max(known.windowMs, windowMs) });
    state.dueMs = Math.min(state.dueMs, heldMs + windowMs);
  }
  state.holds.delete(requestId);
}

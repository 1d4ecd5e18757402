// What one subject has seen, as a pure state machine. Views are held before they are shown, so that no parallel request can use them.
//
// The rule: a view at t counts for a cap of `windowMinutes` while now < t + windowMinutes. Windows slide; there is no calendar in them, so
// that daylight saving changes nothing: a day is 1,440 minutes. All caps of a key must allow a view. A view is of the time of its hold.
import type { FrequencyCap } from "../../shared/catalog/demand.ts";

/** A hold that nobody settled in this time becomes views: the isolate died, and may have shown them. No window is shorter. */
export const HOLD_LIFETIME_MS = 60_000;

/** What a request may show, at most `count` times: `campaign:ID`, with all caps of that campaign. */
export interface WantedViews {
  readonly key: string;
  readonly caps: readonly FrequencyCap[];
  readonly count: number;
}

/** Kept while `now < untilMs`: as long as the longest window that was in force when it was held. */
export interface View {
  readonly atMs: number;
  readonly untilMs: number;
}

interface HeldViews {
  readonly count: number;
  readonly windowMs: number;
}

export interface Hold {
  readonly heldMs: number;
  readonly held: ReadonlyMap<string, HeldViews>;
}

/**
 * The maps' values are replaced, never changed, so that a map may write them through to storage. `settled` (request id -> when) may be
 * lost at any time; `clockMs` never goes back, and of views that were forgotten at `forgottenMs` nothing is known any more.
 */
export interface SubjectState {
  readonly views: Map<string, readonly View[]>;
  readonly holds: Map<string, Hold>;
  readonly settled: Map<string, number>;
  clockMs: number;
  forgottenMs: number;
}

/**
 * Holds as much of each wanted key as its caps leave, at most `count`, and answers with that: 0 is capped. The request may show what it
 * holds and no more. Asked again under the same id it gives the same answer; after it was settled, nothing.
 *
 * @example holdViews(state, "d-1", [{ key: "campaign:a", caps: [{ limit: 3, windowMinutes: 7200 }], count: 1 }], now).get("campaign:a");
 */
export function holdViews(
  state: SubjectState,
  requestId: string,
  wanted: readonly WantedViews[],
  nowMs: number,
): Map<string, number> {
  const atMs = advance(state, nowMs);
  const held = state.holds.get(requestId)?.held ?? (state.settled.has(requestId) ? new Map() : measure(state, wanted, atMs));
  if (held.size > 0 && !state.holds.has(requestId)) state.holds.set(requestId, { heldMs: atMs, held });
  return new Map(wanted.map(({ key }) => [key, held.get(key)?.count ?? 0]));
}

/**
 * What was shown of a hold becomes views, the rest is free again. Without effect where the hold was settled before, has lapsed, or never
 * came; one that comes after its settling holds nothing. Throws where more is said to be shown than was held.
 */
export function settleViews(state: SubjectState, requestId: string, shown: ReadonlyMap<string, number>, nowMs: number): void {
  const settledMs = advance(state, nowMs);
  const hold = state.holds.get(requestId);
  for (const [key, count] of hold ? shown : []) {
    const heldCount = hold?.held.get(key)?.count ?? 0;
    if (count > heldCount) throw new Error(`${key} was shown ${count} times, but only ${heldCount} views were held`);
  }
  state.settled.set(requestId, settledMs);
  if (hold) becomeViews(state, requestId, hold, (key) => shown.get(key) ?? 0);
}

/** When nothing of the subject will be needed any more, should nothing else happen. */
export function neededUntilMs({ views, holds }: SubjectState): number {
  let untilMs = 0;
  for (const list of views.values()) for (const view of list) untilMs = Math.max(untilMs, view.untilMs);
  for (const { heldMs, held } of holds.values()) {
    for (const { windowMs } of held.values()) untilMs = Math.max(untilMs, heldMs + windowMs);
  }
  return untilMs;
}

/** Moves the clock, never back; then lapses holds and forgets what no window sees any more. Gives the time. */
function advance(state: SubjectState, nowMs: number): number {
  state.clockMs = Math.max(state.clockMs, nowMs);
  const { clockMs, views, holds, settled } = state;
  for (const [requestId, hold] of holds) {
    if (clockMs >= hold.heldMs + HOLD_LIFETIME_MS) becomeViews(state, requestId, hold, (_, count) => count);
  }
  for (const [key, list] of views) {
    if (list.every(({ untilMs }) => clockMs < untilMs)) continue;
    const kept = list.filter(({ untilMs }) => clockMs < untilMs);
    state.forgottenMs = clockMs;
    if (kept.length > 0) views.set(key, kept);
    else views.delete(key);
  }
  for (const [requestId, settledMs] of settled) if (clockMs >= settledMs + HOLD_LIFETIME_MS) settled.delete(requestId);
  return clockMs;
}

function becomeViews(
  { views, holds }: SubjectState,
  requestId: string,
  { heldMs, held }: Hold,
  countOf: (key: string, heldCount: number) => number,
): void {
  for (const [key, { count, windowMs }] of held) {
    const added = Array.from({ length: countOf(key, count) }, () => ({ atMs: heldMs, untilMs: heldMs + windowMs }));
    if (added.length > 0) views.set(key, [...(views.get(key) ?? []), ...added]);
  }
  holds.delete(requestId);
}

/** What the caps leave of each wanted key, beside what was shown and what other requests hold; keys with nothing left are left out. */
function measure({ views, holds }: SubjectState, wanted: readonly WantedViews[], atMs: number): Map<string, HeldViews> {
  const measured = new Map<string, HeldViews>();
  for (const { key, caps, count } of wanted) {
    let heldCount = 0;
    for (const { held } of holds.values()) heldCount += held.get(key)?.count ?? 0;
    let [left, windowMs] = [count, 0];
    for (const cap of caps) {
      left = Math.min(left, cap.limit - heldCount - countSeen(views.get(key), atMs - windowMsOf(cap)));
      windowMs = Math.max(windowMs, windowMsOf(cap));
    }
    if (left > 0) measured.set(key, { count: left, windowMs });
  }
  return measured;
}

/** Views after `startMs`: one exactly a window ago has just left it. */
function countSeen(views: readonly View[] | undefined, startMs: number): number {
  let count = 0;
  for (const { atMs } of views ?? []) if (atMs > startMs) count++;
  return count;
}

const windowMsOf = ({ windowMinutes }: FrequencyCap): number => windowMinutes * 60_000;

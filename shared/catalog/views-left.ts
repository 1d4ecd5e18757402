// How often a capped key may still be shown.
//
// The rule: a view at t counts for a cap of `windowMinutes` while now < t + windowMinutes. Windows slide; there is no calendar in them, so
// that daylight saving changes nothing: a day is 1,440 minutes. All caps of a key must allow a view. A view is of the time of its hold.
import type { FrequencyCap } from "./demand.ts";

/** The key whose views count for every key. */
export const EVERY_KEY = "*";

/** A key and its caps: `leastLimit` of theirs, and the longest window. */
export interface CappedKey {
  readonly key: string;
  readonly caps: readonly FrequencyCap[];
  readonly leastLimit: number;
  readonly windowMs: number;
}

/** What a subject has seen by `atMs`, by key, and how many slots other requests hold. `viewsLeft` reads it. */
export interface SeenViews {
  readonly atMs: number;
  readonly heldCount: number;
  readonly seenMs: ReadonlyMap<string, readonly number[]>;
}

/**
 * @param caps one at least
 * @example cappedKey("campaign:a", [{ limit: 3, windowMinutes: 7200 }]); // three views in five days
 */
export const cappedKey = (key: string, caps: readonly FrequencyCap[]): CappedKey => ({
  key,
  caps,
  leastLimit: Math.min(...caps.map(({ limit }) => limit)),
  windowMs: Math.max(...caps.map(windowMsOf)),
});

/**
 * How many more views of a key its caps allow, by what was seen; 0 or less is capped.
 *
 * @example viewsLeft(cappedKey("campaign:a", caps), { atMs, heldCount: 0, seenMs: new Map([["campaign:a", [atMs - 1]]]) }); // 2
 */
export function viewsLeft({ key, caps, leastLimit }: CappedKey, { atMs, heldCount, seenMs }: SeenViews): number {
  const own = seenMs.get(key);
  const every = seenMs.get(EVERY_KEY);
  let left = leastLimit;
  for (const cap of own || every ? caps : []) {
    const startMs = atMs - windowMsOf(cap);
    left = Math.min(left, cap.limit - countAfter(own, startMs) - countAfter(every, startMs));
  }
  return left - heldCount;
}

/** Views after `startMs`: one exactly a window ago has just left it. */
function countAfter(seenMs: readonly number[] | undefined, startMs: number): number {
  let count = 0;
  for (const atMs of seenMs ?? []) if (atMs > startMs) count++;
  return count;
}

const windowMsOf = ({ windowMinutes }: FrequencyCap): number => windowMinutes * 60_000;

// The order of a ranking. Array's own sort calls a comparison back for every pair, which took most of the time of a ranking.

/** Runs of so many are sorted by insertion before runs are merged. */
const RUN_LENGTH = 8;

/**
 * Indices from the highest score to the lowest, of equal ones from the lowest id up by code units, not by locale.
 *
 * @example orderByScore(Float64Array.of(1, 3, 3), ["a", "c", "b"]); // [2, 1, 0]
 */
export function orderByScore(scores: Float64Array, ids: readonly string[]): Uint32Array {
  let from: Uint32Array = sortRuns(scores, ids);
  let to: Uint32Array = new Uint32Array(scores.length);
  for (let width = RUN_LENGTH; width < scores.length; width *= 2) {
    for (let start = 0; start < scores.length; start += 2 * width) merge(scores, ids, from, to, start, width);
    [from, to] = [to, from];
  }
  return from;
}

function sortRuns(scores: Float64Array, ids: readonly string[]): Uint32Array {
  const order = new Uint32Array(scores.length);
  for (let index = 0; index < scores.length; index++) {
    const first = index - (index % RUN_LENGTH);
    let at = index;
    for (; at > first && comesBefore(scores, ids, index, order[at - 1] as number); at--) order[at] = order[at - 1] as number; // placed before
    order[at] = index;
  }
  return order;
}

/** Of two neighbouring runs of `width`, the second of which may be shorter or missing, one in `to`. */
function merge(scores: Float64Array, ids: readonly string[], from: Uint32Array, to: Uint32Array, start: number, width: number) {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(middle + width, from.length);
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const isRight = left === middle || (right < end && comesBefore(scores, ids, from[right] as number, from[left] as number)); // in their runs
    to[at] = from[isRight ? right++ : left++] as number; // as above
  }
}

function comesBefore(scores: Float64Array, ids: readonly string[], one: number, other: number): boolean {
  const mine = scores[one] as number; // an index of it
  const theirs = scores[other] as number; // as above
  return mine > theirs || (mine === theirs && (ids[one] as string) < (ids[other] as string)); // as many ids
}

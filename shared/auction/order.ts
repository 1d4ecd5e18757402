// The order of a ranking. Array's own sort calls a comparison back for every pair, which took most of the time of a ranking. Plain arrays:
// for the few dozen of a tier, making typed ones takes longer than sorting.

/** Runs of so many are sorted by insertion before runs are merged. */
const RUN_LENGTH = 8;

/**
 * Indices from the highest score to the lowest, of equal ones from the lowest id up by code units, not by locale.
 *
 * @example orderByScore([1, 3, 3], ["a", "c", "b"]); // [2, 1, 0]
 */
export function orderByScore(scores: readonly number[], ids: readonly string[]): number[] {
  let from = sortRuns(scores, ids);
  let to = from.slice();
  for (let width = RUN_LENGTH; width < scores.length; width *= 2) {
    for (let start = 0; start < scores.length; start += 2 * width) merge(scores, ids, from, to, start, width);
    [from, to] = [to, from];
  }
  return from;
}

function sortRuns(scores: readonly number[], ids: readonly string[]): number[] {
  const order: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    const first = index - (index % RUN_LENGTH);
    let at = order.push(index) - 1;
    for (; at > first && comesBefore(scores, ids, index, order[at - 1] as number); at--) order[at] = order[at - 1] as number; // placed before
    order[at] = index;
  }
  return order;
}

/** Of two neighbouring runs of `width`, the second of which may be shorter or missing, one in `to`. */
function merge(
  scores: readonly number[],
  ids: readonly string[],
  from: readonly number[],
  to: number[],
  start: number,
  width: number,
): void {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(middle + width, from.length);
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const isRight = left === middle || (right < end && comesBefore(scores, ids, from[right] as number, from[left] as number)); // in their runs
    to[at] = from[isRight ? right++ : left++] as number; // as above
  }
}

function comesBefore(scores: readonly number[], ids: readonly string[], one: number, other: number): boolean {
  const mine = scores[one] as number; // an index of it
  const theirs = scores[other] as number; // as above
  return mine > theirs || (mine === theirs && (ids[one] as string) < (ids[other] as string)); // as many ids
}

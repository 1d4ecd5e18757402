// A draw from a distribution, and the distribution of a lot by weights.

/**
 * Index drawn by inversion, at `uniform` in [0, 1). What is drawn always has a probability above 0. Where `uniform` is one of n evenly
 * spaced numbers (2^32 at the edge), an index is drawn with its probability to within 1 / n, which is nearer than any log can tell: its
 * interval holds one number too many or too few at most. What rounding leaves the sum short of 1, or over it, falls on the last index
 * that can be drawn.
 *
 * @example draw([0.5, 0.5], 0.7); // 1
 */
export function draw(distribution: readonly number[], uniform: number): number {
  let left = uniform;
  let last = -1;
  for (let index = 0; index < distribution.length; index++) {
    const probability = distribution[index] ?? 0;
    if (probability <= 0) continue;
    if (left < probability) return index;
    left -= probability;
    last = index;
  }
  if (last === -1) throw new Error("a distribution has something to draw");
  return last; // the sum fell short of 1 by a rounding error
}

/**
 * Probabilities in proportion to `weights`, each above 0. Members of one group share its weight evenly, as the creatives of a flight do.
 *
 * @example weigh([1, 3]); // [0.25, 0.75]
 * @example weigh([2, 2, 2], ["a", "a", "b"]); // [0.25, 0.25, 0.5]
 */
export function weigh(weights: readonly number[], groups?: readonly string[]): number[] {
  const shares = groups ? shareInGroups(weights, groups) : weights;
  let sum = 0;
  for (const share of shares) {
    if (!(share > 0 && share < Number.MAX_VALUE)) throw new Error(`weights are finite and above 0: ${share}`);
    sum += share;
  }
  return shares.map((share) => share / sum);
}

function shareInGroups(weights: readonly number[], groups: readonly string[]): number[] {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return weights.map((weight, index) => weight / (sizes.get(groups[index] as string) as number)); // counted above
}

// Which of the ranked candidates is shown, and with exactly what probability it was.
import type { Policy } from "../../shared/catalog/policy.ts";

/**
 * The policy's distribution over `count` candidates, best first; it sums to 1. Greedy puts everything on the first, also where
 * others tie with it: the ranking has broken the tie, so the propensity is 1. Epsilon-greedy draws uniformly among all of them,
 * the best one included, with probability epsilon.
 */
export function distribute(policy: Policy, count: number): number[] {
  const uniform = 1 / count;
  switch (policy.name) {
    case "greedy":
      return Array.from({ length: count }, (_, rank) => (rank === 0 ? 1 : 0));
    case "epsilon-greedy": {
      const { epsilon } = policy;
      return Array.from({ length: count }, (_, rank) => epsilon * uniform + (rank === 0 ? 1 - epsilon : 0));
    }
    case "random":
      return Array.from({ length: count }, () => uniform);
    default:
      throw new Error(`the policy ${policy.name} has no distribution yet`);
  }
}

/** Index drawn from a distribution by inversion, at `uniform` in [0, 1). What is drawn always has a probability above 0. */
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

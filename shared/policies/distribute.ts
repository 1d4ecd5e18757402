// The policies as distributions: with what probability each candidate of a tier is shown. Pure; the edge and the simulator share it.
import type { Policy } from "../catalog/policy.ts";
import { exponential } from "../scoring/elementary.ts";

/** What a policy knows of the candidates, in rank order, best first. Units cancel: all that counts is a value's share of the best. */
export interface Arms {
  /** Score by which each is ranked, 0 or more, never rising; null, behind all others, where nothing is known. */
  readonly values: readonly (number | null)[];
  /** Which were created lately; null where no policy asks. */
  readonly newcomers: readonly boolean[] | null;
  /**
   * Values under each draw from the posterior, in the same unit: that of arm `a` under draw `d` at [d * arms + a]. Null: the posterior is
   * a point, its one draw is `values`.
   */
  readonly draws: Float64Array | null;
}

/**
 * The policy's probability of each arm of `among` (ascending: in rank order; all arms where it is left out). They sum to 1 within 1e-12.
 * What is not known counts as 0 beside what is; where nothing is known of any, all are as likely. The ranking breaks ties: greedy puts
 * everything on the first, Thompson's draw goes to the first of its best.
 *
 * @example distribute({ name: "epsilon-greedy", epsilon: 0.5 }, { values: [3, 2], newcomers: null, draws: null }); // [0.75, 0.25]
 * @example distribute({ name: "greedy" }, arms, [1, 2]); // [1, 0]: 0 is shown already
 */
export function distribute(policy: Policy, arms: Arms, among?: readonly number[]): number[] {
  requireRanked(arms);
  const left = among ?? arms.values.map((_, arm) => arm);
  const base = distributeBase(policy, arms, left);
  return policy.newcomers && arms.newcomers ? favourNewcomers(base, policy.newcomers.share, arms.newcomers, left) : base;
}

function distributeBase(policy: Policy, { values, draws }: Arms, left: readonly number[]): number[] {
  const count = left.length;
  const best = count > 0 ? (values[left[0] as number] ?? null) : null; // not empty
  if (best === null) return spread(count, 1 / count);
  switch (policy.name) {
    case "greedy":
      return favourFirst(spread(count, 0), 1);
    case "epsilon-greedy":
      return favourFirst(spread(count, policy.epsilon / count), 1 - policy.epsilon);
    case "random":
      return spread(count, 1 / count);
    case "softmax":
      return normalise(gapsOf(values, left, best).map((gap) => exponential(-gap / policy.temperature)));
    case "squarecb":
      return weighGaps(gapsOf(values, left, best), policy.gamma);
    case "thompson":
      return draws ? countWins(draws, values.length, left) : favourFirst(spread(count, 0), 1);
  }
}

function spread(count: number, probability: number): number[] {
  return new Array<number>(count).fill(probability);
}

function favourFirst(probabilities: number[], extra: number): number[] {
  if (probabilities.length > 0) probabilities[0] = (probabilities[0] as number) + extra; // not empty
  return probabilities;
}

/** How far each is behind the best, as a share of the best: 0 .. 1. Where the best is worth nothing, nothing is behind it. */
function gapsOf(values: Arms["values"], left: readonly number[], best: number): number[] {
  return left.map((arm) => (best === 0 ? 0 : (best - (values[arm] ?? 0)) / best));
}

function normalise(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Inverse-gap weighting with mu = the number of arms (Foster and Rakhlin, 2020, Algorithm 1). Others have at most 1 / count each, so the first has no less. */
function weighGaps(gaps: readonly number[], gamma: number): number[] {
  const probabilities = gaps.map((gap, index) => (index === 0 ? 0 : 1 / (gaps.length + gamma * gap)));
  return favourFirst(probabilities, 1 - probabilities.reduce((sum, probability) => sum + probability, 0));
}

function countWins(draws: Float64Array, armCount: number, left: readonly number[]): number[] {
  const wins = spread(left.length, 0);
  for (let start = 0; start < draws.length; start += armCount) {
    const winner = findBest(draws, start, left);
    wins[winner] = (wins[winner] as number) + 1; // a place in `left`, as is every one below
  }
  return wins.map((won) => won / (draws.length / armCount));
}

function findBest(draws: Float64Array, start: number, left: readonly number[]): number {
  let winner = 0;
  let best = -1;
  for (let place = 0; place < left.length; place++) {
    const value = draws[start + (left[place] as number)] as number; // of an arm, within the draw
    if (value > best) {
      winner = place;
      best = value;
    }
  }
  return winner;
}

/** With probability `share` a uniform draw among the newcomers, where there are any. */
function favourNewcomers(base: number[], share: number, newcomers: readonly boolean[], left: readonly number[]): number[] {
  let count = 0;
  for (const arm of left) if (newcomers[arm]) count++;
  if (count === 0) return base;
  return base.map((probability, place) => (1 - share) * probability + (newcomers[left[place] as number] ? share / count : 0));
}

/** A caller that ranks wrongly would log propensities of a policy that nobody configured. */
function requireRanked({ values, newcomers, draws }: Arms): void {
  let last = Number.MAX_VALUE;
  for (const value of values) {
    const next = value ?? -1; // behind every known one, and level with other unknown ones
    if (!(next <= last) || (value !== null && !(value >= 0))) throw new Error(`arms are finite, 0 or more, best first: ${value}`);
    last = next;
  }
  if (newcomers && newcomers.length !== values.length) throw new Error("as many newcomers as arms");
  if (draws && (draws.length === 0 || draws.length % values.length !== 0))
    throw new Error("a posterior draw has a value for each arm");
}

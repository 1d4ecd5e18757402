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
 * The policy's probability of each arm; sums to 1 within 1e-12. What is not known counts as 0 beside what is; where nothing is known
 * of any, all are as likely. The ranking breaks ties: greedy puts everything on the first, Thompson's draw goes to the first of its
 * best.
 *
 * @example distribute({ name: "epsilon-greedy", epsilon: 0.5 }, { values: [3, 2], newcomers: null, draws: null }); // [0.75, 0.25]
 */
export function distribute(policy: Policy, arms: Arms): number[] {
  requireRanked(arms);
  const base = distributeBase(policy, arms);
  return policy.newcomers ? favourNewcomers(base, policy.newcomers.share, arms.newcomers) : base;
}

/**
 * The arms at `indices`, in that order.
 *
 * @example selectArms(arms, [0, 2]);
 */
export function selectArms({ values, newcomers, draws }: Arms, indices: readonly number[]): Arms {
  const at = <Item>(items: readonly Item[]) => indices.map((index) => items[index] as Item); // indices are into the arms
  return {
    values: at(values),
    newcomers: newcomers && at(newcomers),
    draws: draws && selectDraws(draws, values.length, indices),
  };
}

function selectDraws(draws: Float64Array, count: number, indices: readonly number[]): Float64Array {
  const selected = new Float64Array((draws.length / count) * indices.length);
  let at = 0;
  for (let start = 0; start < draws.length; start += count) {
    for (const index of indices) selected[at++] = draws[start + index] as number; // within the draw
  }
  return selected;
}

function distributeBase(policy: Policy, { values, draws }: Arms): number[] {
  const count = values.length;
  const best = values[0] ?? null;
  if (best === null) return spread(count, 1 / count);
  switch (policy.name) {
    case "greedy":
      return favourFirst(spread(count, 0), 1);
    case "epsilon-greedy":
      return favourFirst(spread(count, policy.epsilon / count), 1 - policy.epsilon);
    case "random":
      return spread(count, 1 / count);
    case "softmax":
      return normalise(gapsOf(values, best).map((gap) => exponential(-gap / policy.temperature)));
    case "squarecb":
      return weighGaps(gapsOf(values, best), policy.gamma);
    case "thompson":
      return draws ? countWins(draws, count) : favourFirst(spread(count, 0), 1);
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
function gapsOf(values: readonly (number | null)[], best: number): number[] {
  return values.map((value) => (best === 0 ? 0 : (best - (value ?? 0)) / best));
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

function countWins(draws: Float64Array, count: number): number[] {
  const wins = spread(count, 0);
  for (let start = 0; start < draws.length; start += count) {
    let best = 0;
    for (let arm = 1; arm < count; arm++) if ((draws[start + arm] as number) > (draws[start + best] as number)) best = arm;
    wins[best] = (wins[best] as number) + 1; // an arm; within the draw above
  }
  return wins.map((won) => won / (draws.length / count));
}

/** With probability `share` a uniform draw among the newcomers, where there are any. */
function favourNewcomers(base: readonly number[], share: number, newcomers: readonly boolean[] | null): number[] {
  const count = newcomers?.reduce((sum, isNew) => sum + (isNew ? 1 : 0), 0) ?? 0;
  if (count === 0) return [...base];
  return base.map((probability, arm) => (1 - share) * probability + (newcomers?.[arm] ? share / count : 0));
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

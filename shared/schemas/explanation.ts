// What `?explain=true` adds to each placement of a decision: why this one, and why not the others.
import * as v from "valibot";
import { Id, Micros } from "../catalog/parts.ts";
import { Policy } from "../catalog/policy.ts";
import { DropReason, type DropStage } from "../catalog/reasons.ts";
import { Assignment } from "./decisions.ts";
import { list } from "./lists.ts";
import { int, number } from "./numbers.ts";
import { strictObject } from "./objects.ts";

/** How many dropped creatives and how many candidates are listed by id; all are counted. */
export const MAX_EXPLAINED_DROPS = 200;
export const MAX_EXPLAINED_CANDIDATES = 50;

/** In the order in which a decision goes through them. */
export const STAGES = [
  "catalog",
  "targeting",
  "placement",
  "frequency",
  "budget",
  "tier",
  "auction",
] as const satisfies readonly DropStage[];

const count = v.pipe(int, v.minValue(0));
const probability = v.pipe(number, v.minValue(0), v.maxValue(1));
/** Of OpenRTB 2.6, List: Loss Reason Codes; null where it has none. */
const openrtb = v.nullable(v.pipe(int, v.minValue(0)));

/** A stage: what is left after it, and what it dropped. */
const Stage = strictObject({
  stage: v.picklist(STAGES),
  survivors: count,
  dropped: v.array(strictObject({ reason: DropReason, openrtb, count: v.pipe(int, v.minValue(1)) })),
});

/**
 * A logit, taken apart: baseline + every part + rounding. `parts` has one a field, whose unit is the logit's: an `attribute` of
 * shared/scoring. `rounding` is what integer arithmetic adds to it.
 */
export const ScoreParts = strictObject({
  logit: number,
  baseline: number,
  parts: v.array(strictObject({ field: v.string(), part: number })),
  rounding: number,
});

/**
 * A candidate that took part to the end. `valueMicros` is what 1,000 impressions are expected to be worth, null where nothing was
 * valued; `propensities` how probable it was in each slot, under the mechanism that drew; `openrtb` 102 where it lost, null where it is shown.
 */
const ExplainedCandidate = strictObject({
  creativeId: Id,
  rank: v.pipe(int, v.minValue(1)),
  valueMicros: v.nullable(Micros),
  probability: v.nullable(probability),
  propensities: v.array(probability),
  openrtb,
});

/** A slot and who is in it. `minimumToWinMicros` is the least value with which it would have been first in the ranking there. */
const ExplainedSlot = strictObject({
  creativeId: v.nullable(Id),
  rank: v.nullable(v.pipe(int, v.minValue(1))),
  propensity: v.nullable(probability),
  priceMicros: v.nullable(Micros),
  minimumToWinMicros: v.nullable(Micros),
  score: v.nullable(ScoreParts),
});

/**
 * One placement. Money is micros for 1,000 impressions. `dropped` lists the first of those that came furthest, `candidates` the best.
 *
 * @example
 * parse(Explanation, {
 *   placementId: "top",
 *   considered: 3,
 *   stages: [
 *     { stage: "catalog", survivors: 3, dropped: [] },
 *     { stage: "targeting", survivors: 3, dropped: [] },
 *     { stage: "placement", survivors: 2, dropped: [{ reason: "size_mismatch", openrtb: 203, count: 1 }] },
 *     { stage: "frequency", survivors: 2, dropped: [] },
 *     { stage: "budget", survivors: 2, dropped: [] },
 *     { stage: "tier", survivors: 2, dropped: [] },
 *     { stage: "auction", survivors: 2, dropped: [] },
 *   ],
 *   dropped: [{ creativeId: "skyscraper", reason: "size_mismatch", openrtb: 203 }],
 *   tierId: "auction",
 *   candidates: [
 *     { creativeId: "shoes", rank: 1, valueMicros: 2_400_000, probability: 0.012, propensities: [0.95], openrtb: null },
 *     { creativeId: "bikes", rank: 2, valueMicros: 1_000_000, probability: 0.005, propensities: [0.05], openrtb: 102 },
 *   ],
 *   candidateCount: 2,
 *   slots: [
 *     {
 *       creativeId: "shoes",
 *       rank: 1,
 *       propensity: 0.95,
 *       priceMicros: 1_000_001,
 *       minimumToWinMicros: 1_000_001,
 *       score: { logit: -4.5, baseline: -4, parts: [{ field: "country", part: 0.25 }, { field: "hour", part: -0.76 }], rounding: 0.01 },
 *     },
 *   ],
 *   policy: { name: "epsilon-greedy", epsilon: 0.1 },
 *   assignments: [{ experimentId: "bolder", armId: "control", bucket: 1234, hashVersion: 1 }],
 *   seed: 7,
 * });
 */
export const Explanation = strictObject({
  placementId: Id,
  /** All creatives that the decision began with. */
  considered: count,
  stages: v.array(Stage),
  dropped: list(strictObject({ creativeId: Id, reason: DropReason, openrtb }), 0, MAX_EXPLAINED_DROPS),
  tierId: v.nullable(Id),
  /** In the order of their rank. */
  candidates: list(ExplainedCandidate, 0, MAX_EXPLAINED_CANDIDATES),
  candidateCount: count,
  slots: v.array(ExplainedSlot),
  /** Null where there was nothing to choose by it: a weighted tier, or an empty placement. */
  policy: v.nullable(Policy),
  assignments: v.array(Assignment),
  /** State of the generator, 32-bit unsigned. */
  seed: count,
});
export type Explanation = v.InferOutput<typeof Explanation>;
export type ExplainedCandidate = v.InferOutput<typeof ExplainedCandidate>;
export type ExplainedSlot = v.InferOutput<typeof ExplainedSlot>;
export type StageSummary = v.InferOutput<typeof Stage>;

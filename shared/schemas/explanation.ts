// What `?explain=true` adds to each placement of a decision: why this one, and why not the others.
import * as v from "valibot";
import { Id, Micros } from "../catalog/parts.ts";
import { Policy } from "../catalog/policy.ts";
import { DropReason, type DropStage } from "../catalog/reasons.ts";
import { Assignment, PaidPrice } from "./assignment.ts";
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
 * valued; `propensities` how probable it was in each slot, under the mechanism that drew; `openrtb` 102 where it lost, null where it is shown;
 * `bidToOutrankMicros` the bid with which it would have been ranked first, null where it was, or has no price.
 */
const ExplainedCandidate = strictObject({
  creativeId: Id,
  rank: v.pipe(int, v.minValue(1)),
  valueMicros: v.nullable(Micros),
  probability: v.nullable(probability),
  bidToOutrankMicros: v.nullable(Micros),
  propensities: v.array(probability),
  openrtb,
});

/**
 * A tier that was asked. `policy` is null where it draws lots; `candidates` are the best, in the order of their rank, of `candidateCount`.
 */
const ExplainedTier = strictObject({
  tierId: v.nullable(Id),
  policy: v.nullable(Policy),
  candidates: list(ExplainedCandidate, 0, MAX_EXPLAINED_CANDIDATES),
  candidateCount: count,
});

/** A slot and who is in it, from `tiers[tierIndex]`. `minimumToWinMicros` is the least bid with which it would have kept its rank. */
const ExplainedSlot = strictObject({
  creativeId: Id,
  tierIndex: count,
  rank: v.pipe(int, v.minValue(1)),
  propensity: probability,
  price: v.nullable(PaidPrice),
  minimumToWinMicros: v.nullable(Micros),
  score: v.nullable(ScoreParts),
});

/**
 * One placement. `dropped` lists the first of those that came furthest.
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
 *   tiers: [
 *     {
 *       tierId: "auction",
 *       policy: { name: "epsilon-greedy", epsilon: 0.1 },
 *       candidates: [
 *         { creativeId: "shoes", rank: 1, valueMicros: 2_400_000, probability: 0.012, bidToOutrankMicros: null, propensities: [0.95], openrtb: null },
 *         { creativeId: "bikes", rank: 2, valueMicros: 1_000_000, probability: 0.005, bidToOutrankMicros: 480_001, propensities: [0.05], openrtb: 102 },
 *       ],
 *       candidateCount: 2,
 *     },
 *   ],
 *   slots: [
 *     {
 *       creativeId: "shoes",
 *       tierIndex: 0,
 *       rank: 1,
 *       propensity: 0.95,
 *       price: { model: "cpc", micros: 83_334 },
 *       minimumToWinMicros: 83_334,
 *       score: { logit: -4.5, baseline: -4, parts: [{ field: "country", part: 0.25 }, { field: "hour", part: -0.76 }], rounding: 0.01 },
 *     },
 *   ],
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
  tiers: v.array(ExplainedTier),
  slots: v.array(ExplainedSlot),
  assignments: v.array(Assignment),
  /** State of the generator, 32-bit unsigned. */
  seed: count,
});
export type Explanation = v.InferOutput<typeof Explanation>;
export type ExplainedCandidate = v.InferOutput<typeof ExplainedCandidate>;
export type ExplainedSlot = v.InferOutput<typeof ExplainedSlot>;
export type ExplainedTier = v.InferOutput<typeof ExplainedTier>;
export type StageSummary = v.InferOutput<typeof Stage>;

// The decision record: one a decision, enough to replay it byte for byte and to evaluate another policy offline.
import * as v from "valibot";
import { Channel } from "../artifact/manifest.ts";
import { Id, Micros } from "../catalog/parts.ts";
import { Policy } from "../catalog/policy.ts";
import { DropReason, Shortage } from "../catalog/reasons.ts";
import { Assignment, PaidPrice } from "./assignment.ts";
import { DecisionRequest, FallbackReason, NoServeReason } from "./decisions.ts";
import { ScoreParts } from "./explanation.ts";
import { Features } from "./features.ts";
import { int, number } from "./numbers.ts";
import { record, strictObject } from "./objects.ts";

const probability = v.pipe(number, v.minValue(0), v.maxValue(1));

/** Numbers as base64 of their little-endian IEEE 754 bytes: exact, and a quarter of what they cost as text. */
const Packed = v.string();

/**
 * A tier that was asked, with the candidates that took part in it, the best first. `policy` is null where the tier draws lots. `logits`
 * are f32, packed; null where no model scored them. Probabilities and values follow from model, calibration and catalog.
 */
export const DecidedTier = strictObject({
  tierId: v.nullable(Id),
  policy: v.nullable(Policy),
  creativeIds: v.array(Id),
  logits: v.nullable(Packed),
});
export type DecidedTier = v.InferOutput<typeof DecidedTier>;

/**
 * One creative that was shown, from `tiers[tierIndex]`. `propensities` (f64, packed) are of the tier's candidates, in their order, under
 * the policy that drew it, given the slots and placements before it: `draw(propensities, uniformFrom(seed))` is the index of the chosen
 * one. They sum to 1; `propensity` is the chosen one's. `probability` is that of a click; `valueMicros` the expected value of 1,000
 * impressions; `heldMicros` what the budget gave for it when it was served. `score` is the logit taken apart: the queue's consumer adds
 * it before the record is stored, and it is null where no model scored, or that version could not be had any more. `features` are
 * missing where the record was too big for them.
 */
export const DecidedSlot = strictObject({
  creativeId: Id,
  tierIndex: int,
  propensity: probability,
  propensities: Packed,
  seed: int,
  logit: v.nullable(number),
  probability: v.nullable(probability),
  valueMicros: v.nullable(Micros),
  price: v.nullable(PaidPrice),
  minimumToWinMicros: v.nullable(Micros),
  heldMicros: Micros,
  score: v.nullable(ScoreParts),
  features: v.exactOptional(Features),
});
export type DecidedSlot = v.InferOutput<typeof DecidedSlot>;

/** `features` is the whole context that was encoded, placement and time included. */
export const DecidedPlacement = strictObject({
  placementId: Id,
  features: Features,
  dropped: v.array(strictObject({ reason: DropReason, count: int })),
  fallback: v.nullable(FallbackReason),
  noServe: v.nullable(NoServeReason),
  tiers: v.array(DecidedTier),
  slots: v.array(DecidedSlot),
});
export type DecidedPlacement = v.InferOutput<typeof DecidedPlacement>;

/**
 * What counters and budgets said, of everything that was asked of them.
 *
 * `caps` is what the subject had seen by `atMs`: the times of its views, by key, and how many slots its other requests held; null where
 * the counters were not asked, or did not answer. `accounts` are columns: of each key, `CAMPAIGN/ACCOUNT`, what was left and with what
 * probability pacing let it pass (f64, packed), and what a candidate drops for where too little is left, unless that is
 * `budget_unavailable`.
 */
export const RecordedState = strictObject({
  caps: v.nullable(strictObject({ atMs: int, heldCount: int, seenMs: record(v.string(), v.array(int)) })),
  accounts: strictObject({ keys: v.array(v.string()), left: Packed, passRates: Packed, shortages: record(v.string(), Shortage) }),
});
export type RecordedState = v.InferOutput<typeof RecordedState>;

/** Of a decision that asked for nothing, or whose record was too big for it. */
export const EMPTY_STATE: RecordedState = { caps: null, accounts: { keys: [], left: "", passRates: "", shortages: {} } };

const ServedBy = strictObject({ task: v.string(), channel: Channel, version: v.string() });

/** `request` is the body, completed by what the connection told. */
export const DecisionEvent = strictObject({
  type: v.literal("decision"),
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  timeMs: v.pipe(int, v.minValue(0)),
  decisionId: v.string(),
  request: DecisionRequest,
  state: RecordedState,
  seed: int,
  catalogVersion: v.nullable(v.string()),
  model: v.nullable(ServedBy),
  conversionModel: v.nullable(ServedBy),
  assignments: v.array(Assignment),
  placements: v.array(DecidedPlacement),
});
export type DecisionEvent = v.InferOutput<typeof DecisionEvent>;

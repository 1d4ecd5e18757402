// The event log: one line of NDJSON each. The Worker writes it, the simulator writes it, retraining reads it.
import * as v from "valibot";
import { Channel } from "../artifact/manifest.ts";
import { Id } from "../catalog/parts.ts";
import { Policy } from "../catalog/policy.ts";
import { DropReason } from "../catalog/reasons.ts";
import { Assignment, FallbackReason, NoServeReason } from "./decisions.ts";
import { Features } from "./features.ts";
import { list } from "./lists.ts";
import { int, number } from "./numbers.ts";
import { strictObject } from "./objects.ts";

const timeMs = v.pipe(int, v.minValue(0));
const eventId = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const probability = v.pipe(number, v.minValue(0), v.maxValue(1));

/** A candidate as it was considered. `features` are kept where the catalog does not hold them, and always for the chosen one. */
export const ConsideredCandidate = strictObject({
  creativeId: Id,
  logit: v.nullable(number),
  probability: v.nullable(probability),
  propensity: probability,
  features: v.exactOptional(Features),
});
export type ConsideredCandidate = v.InferOutput<typeof ConsideredCandidate>;

/**
 * One placement of one decision: enough to replay it byte for byte and to evaluate another policy offline. `features` is the
 * whole context that was encoded, placement and time included; `propensity` is that of the chosen creative under the policy
 * that really drew it, with `seed` the state of the generator.
 */
export const DecisionEvent = strictObject({
  type: v.literal("decision"),
  id: eventId,
  timeMs,
  decisionId: v.string(),
  placementId: Id,
  subjectId: v.nullable(v.string()),
  features: Features,
  candidates: v.array(ConsideredCandidate),
  dropped: v.array(strictObject({ creativeId: Id, reason: DropReason })),
  chosenId: v.nullable(Id),
  propensity: v.nullable(probability),
  policy: Policy,
  fallback: v.nullable(FallbackReason),
  noServe: v.nullable(NoServeReason),
  model: v.nullable(strictObject({ task: v.string(), channel: Channel, version: v.string() })),
  catalogVersion: v.nullable(v.string()),
  assignments: v.array(Assignment),
  seed: int,
});
export type DecisionEvent = v.InferOutput<typeof DecisionEvent>;

const outcome = { id: eventId, timeMs, decisionId: v.string(), placementId: Id, creativeId: Id };
export const ImpressionEvent = strictObject({ type: v.literal("impression"), ...outcome });
export const ClickEvent = strictObject({ type: v.literal("click"), ...outcome });

/** Reported by the advertiser's site; `valueMicros` is in millionths of the account's currency. */
export const ConversionEvent = strictObject({
  type: v.literal("conversion"),
  id: eventId,
  timeMs,
  decisionId: v.string(),
  placementId: Id,
  valueMicros: v.exactOptional(v.pipe(int, v.minValue(0))),
});
export type ConversionEvent = v.InferOutput<typeof ConversionEvent>;

export const Event = v.variant("type", [DecisionEvent, ImpressionEvent, ClickEvent, ConversionEvent]);
export type Event = v.InferOutput<typeof Event>;

/** Body of POST /v1/events: conversions reported from outside, at most 1,000 a call. */
export const EventsRequest = strictObject({
  events: list(ConversionEvent, 1, 1000),
});

/** Id of the event that a decision's placement leaves: retries and replays collapse into one. */
export const outcomeEventId = (decisionId: string, placementId: string, type: Event["type"]): string =>
  `${decisionId}.${placementId}.${type}`;

// The event log: one line of NDJSON each. The Worker writes it, the simulator writes it, retraining reads it.
import * as z from "zod/mini";
import { Channel } from "../artifact/manifest.ts";
import { Id, Policy } from "./catalog.ts";
import { Assignment, DropReason, FallbackReason, NoServeReason } from "./decisions.ts";
import { Features } from "./features.ts";

const timeMs = z.int().check(z.minimum(0));
const eventId = z.string().check(z.minLength(1), z.maxLength(200));
const probability = z.number().check(z.minimum(0), z.maximum(1));

/** A candidate as it was considered. `features` are kept where the catalog does not hold them, and always for the chosen one. */
export const ConsideredCandidate = z.strictObject({
  creativeId: Id,
  logit: z.nullable(z.number()),
  probability: z.nullable(probability),
  propensity: probability,
  features: z.optional(Features),
});
export type ConsideredCandidate = z.infer<typeof ConsideredCandidate>;

/**
 * One placement of one decision: enough to replay it byte for byte and to evaluate another policy offline. `features` is the
 * whole context that was encoded, placement and time included; `propensity` is that of the chosen creative under the policy
 * that really drew it, with `seed` the state of the generator.
 */
export const DecisionEvent = z.strictObject({
  type: z.literal("decision"),
  id: eventId,
  timeMs,
  decisionId: z.string(),
  placementId: Id,
  subjectId: z.nullable(z.string()),
  features: Features,
  candidates: z.array(ConsideredCandidate),
  dropped: z.array(z.strictObject({ creativeId: Id, reason: DropReason })),
  chosenId: z.nullable(Id),
  propensity: z.nullable(probability),
  policy: Policy,
  fallback: z.nullable(FallbackReason),
  noServe: z.nullable(NoServeReason),
  model: z.nullable(z.strictObject({ task: z.string(), channel: Channel, version: z.string() })),
  catalogVersion: z.nullable(z.string()),
  assignments: z.array(Assignment),
  seed: z.int(),
});
export type DecisionEvent = z.infer<typeof DecisionEvent>;

const outcome = { id: eventId, timeMs, decisionId: z.string(), placementId: Id, creativeId: Id };
export const ImpressionEvent = z.strictObject({ type: z.literal("impression"), ...outcome });
export const ClickEvent = z.strictObject({ type: z.literal("click"), ...outcome });

/** Reported by the advertiser's site; `valueMicros` is in millionths of the account's currency. */
export const ConversionEvent = z.strictObject({
  type: z.literal("conversion"),
  id: eventId,
  timeMs,
  decisionId: z.string(),
  placementId: Id,
  valueMicros: z.optional(z.int().check(z.minimum(0))),
});
export type ConversionEvent = z.infer<typeof ConversionEvent>;

export const Event = z.discriminatedUnion("type", [DecisionEvent, ImpressionEvent, ClickEvent, ConversionEvent]);
export type Event = z.infer<typeof Event>;

/** Body of POST /v1/events: conversions reported from outside, at most 1,000 a call. */
export const EventsRequest = z.strictObject({
  events: z.array(ConversionEvent).check(z.minLength(1), z.maxLength(1000)),
});

/** Id of the event that a decision's placement leaves: retries and replays collapse into one. */
export const outcomeEventId = (decisionId: string, placementId: string, type: Event["type"]): string =>
  `${decisionId}.${placementId}.${type}`;

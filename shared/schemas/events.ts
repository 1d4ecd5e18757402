// The event log: one line of NDJSON each. The Worker writes it, the simulator writes it, retraining reads it.
import * as v from "valibot";
import { Id } from "../catalog/parts.ts";
import { DecisionEvent } from "./decision-record.ts";
import { list } from "./lists.ts";
import { int } from "./numbers.ts";
import { strictObject } from "./objects.ts";

const timeMs = v.pipe(int, v.minValue(0));
const eventId = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

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

/** Id of a decision's record. */
export const decisionEventId = (decisionId: string): string => `${decisionId}.decision`;

/** Id of the event that a decision's placement leaves: retries and replays collapse into one. */
export const outcomeEventId = (decisionId: string, placementId: string, type: Event["type"]): string =>
  `${decisionId}.${placementId}.${type}`;

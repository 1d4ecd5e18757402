// The event log: one line of NDJSON each. The Worker writes it, the simulator writes it, retraining reads it.
import * as v from "valibot";
import { Id } from "../catalog/parts.ts";
import { DecisionEvent } from "./decision-record.ts";
import { list } from "./lists.ts";
import { int } from "./numbers.ts";
import { strictObject } from "./objects.ts";

const timeMs = v.pipe(int, v.minValue(0));
const eventId = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** Which of a placement's creatives in a decision: 0 is the first, and all that there was before placements had several. */
export const Slot = v.pipe(int, v.minValue(0), v.maxValue(1000));

const shown = { id: eventId, timeMs, decisionId: v.string(), placementId: Id, slot: v.optional(Slot, 0) };
export const ImpressionEvent = strictObject({ type: v.literal("impression"), ...shown, creativeId: Id });
export type ImpressionEvent = v.InferOutput<typeof ImpressionEvent>;
export const ClickEvent = strictObject({ type: v.literal("click"), ...shown, creativeId: Id });
export type ClickEvent = v.InferOutput<typeof ClickEvent>;

/** Reported by the advertiser's site; `valueMicros` is in millionths of the account's currency. */
export const ConversionEvent = strictObject({
  type: v.literal("conversion"),
  ...shown,
  valueMicros: v.exactOptional(v.pipe(int, v.minValue(0))),
});
export type ConversionEvent = v.InferOutput<typeof ConversionEvent>;

export const Event = v.variant("type", [DecisionEvent, ImpressionEvent, ClickEvent, ConversionEvent]);
export type Event = v.InferOutput<typeof Event>;

/**
 * A conversion as it is reported: of a decision's placement (`decisionId`, `placementId`, `slot`), or better with the `token` of the click,
 * which the landing page got by the macro `{clickToken}` and which says all three. Only one with a token is ever charged.
 */
export const SentConversion = strictObject({
  ...ConversionEvent.entries,
  decisionId: v.exactOptional(ConversionEvent.entries.decisionId),
  placementId: v.exactOptional(ConversionEvent.entries.placementId),
  token: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(20_000))),
});
export type SentConversion = v.InferOutput<typeof SentConversion>;

/** Body of POST /v1/events: conversions reported from outside, at most 1,000 a call. */
export const EventsRequest = strictObject({
  events: list(SentConversion, 1, 1000),
});

/**
 * Id of a decision's record. It is joined: V8 keeps a template of two strings in two pieces, with which `JSON.stringify` of the whole
 * record takes half as long again.
 *
 * @example decisionEventId("d-1"); // "d-1.decision"
 */
export const decisionEventId = (decisionId: string): string => [decisionId, "decision"].join(".");

/**
 * Id of the event that a slot of a decision's placement leaves: retries and replays collapse into one.
 *
 * @example outcomeEventId("d-1", "top", 0, "click"); // "d-1.top.0.click"
 */
export const outcomeEventId = (decisionId: string, placementId: string, slot: number, type: Event["type"]): string =>
  `${decisionId}.${placementId}.${slot}.${type}`;

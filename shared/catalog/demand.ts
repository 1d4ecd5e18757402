// Who pays, for what, how much and how often: advertiser > campaign > flight.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { int, positiveInt } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { Category, Id, Micros, Status, TimeMs, TimeZone } from "./parts.ts";
import { DayPart, Targeting } from "./targeting.ts";

/**
 * At most `limit` views of one subject in any `windowMinutes`: a view counts until exactly that long after it. A day is 1,440 minutes,
 * whatever clocks do.
 */
export const FrequencyCap = strictObject({
  limit: v.pipe(positiveInt, v.maxValue(1000)),
  windowMinutes: v.pipe(positiveInt, v.maxValue(525_600)),
});
export type FrequencyCap = v.InferOutput<typeof FrequencyCap>;
export const FrequencyCaps = v.optional(list(FrequencyCap, 0, 5), []);

/** `domain` is what placements block by; `categories` are IAB's. */
export const Advertiser = strictObject({
  id: Id,
  status: Status,
  domain: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(253))),
  categories: v.optional(list(Category, 0, 50), []),
  caps: FrequencyCaps,
});
export type Advertiser = v.InferOutput<typeof Advertiser>;

/**
 * How a day's allowance is spread over it: `even` in step with the traffic, `front-loaded` ahead of it, `as-fast-as-possible` not at all.
 */
export const Pacing = v.picklist(["even", "front-loaded", "as-fast-as-possible"]);
export type Pacing = v.InferOutput<typeof Pacing>;

/** Null is without a bound. With `carryOver`, what a day leaves is added to the next ones. */
const allowance = { pacing: Pacing, carryOver: v.optional(v.boolean(), true) };
export const Budget = strictObject({ totalMicros: v.nullable(Micros), dailyMicros: v.nullable(Micros), ...allowance });
export type Budget = v.InferOutput<typeof Budget>;
export const Goal = strictObject({
  totalImpressions: v.nullable(positiveInt),
  dailyImpressions: v.nullable(positiveInt),
  ...allowance,
});
export type Goal = v.InferOutput<typeof Goal>;

/** Ads of campaigns that share one of the `separationGroups` are never in the same decision. */
export const Campaign = strictObject({
  id: Id,
  advertiserId: Id,
  status: Status,
  timeZone: v.optional(TimeZone, "UTC"),
  budget: v.optional(v.nullable(Budget), null),
  caps: FrequencyCaps,
  separationGroups: v.optional(list(Id, 0, 20), []),
});
export type Campaign = v.InferOutput<typeof Campaign>;

/** A million of the currency: the expected value of 1,000 impressions is then an integer that a double holds exactly, below 2^53 / 9. */
export const MAX_BID_MICROS = 1_000_000_000_000;

/** What is paid for, and the bid: for 1,000 impressions (`cpm`), a click (`cpc`) or a conversion (`cpa`). */
export const Price = strictObject({
  model: v.picklist(["cpm", "cpc", "cpa"]),
  bidMicros: v.pipe(Micros, v.maxValue(MAX_BID_MICROS)),
});
export type Price = v.InferOutput<typeof Price>;

/** Delivers while `startMs <= now < endMs`, in its day parts (none: all day); null is open-ended. `weight` is its share of a weighted tier. */
export const Flight = strictObject({
  id: Id,
  campaignId: Id,
  status: Status,
  tierId: Id,
  startMs: v.nullable(TimeMs),
  endMs: v.nullable(TimeMs),
  dayParts: v.optional(list(DayPart, 0, 50), []),
  targeting: v.optional(Targeting, {}),
  price: Price,
  weight: v.optional(v.pipe(int, v.minValue(1), v.maxValue(1_000_000)), 1),
  goal: v.optional(v.nullable(Goal), null),
});
export type Flight = v.InferOutput<typeof Flight>;

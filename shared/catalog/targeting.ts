// Whom and where a flight is for. What it does not restrict, it takes all of.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { int } from "../schemas/numbers.ts";
import { record, strictObject } from "../schemas/objects.ts";
import { Category, Id } from "./parts.ts";

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

/** Passes where one of the request's values is in `anyOf` (absent: whatever they are) and none is in `noneOf`. */
const Match = strictObject({ anyOf: v.exactOptional(list(text, 1, 1000)), noneOf: v.exactOptional(list(text, 1, 1000)) });
export type Match = v.InferOutput<typeof Match>;

/**
 * Values are compared in lower case, keys of `keyValues` letter for letter. `regions` are ISO 3166-2 (`DE-BE`); `languages` match their
 * subtags too (`de` takes `de-AT`), `domains` their subdomains, an IAB category what is part of it (`IAB17` takes `IAB17-2`).
 * `urlPrefixes` are host and path from the start (`news.example/sport`), matched at whole path segments. Devices, systems and browsers
 * that the request does not name itself have the names of `functions/routes/connection.ts`. `consents`: purposes all of which the subject
 * has agreed to, or the flight is not shown. Of what is not known of a request, no `anyOf` is met.
 */
export const Targeting = strictObject({
  countries: v.exactOptional(Match),
  regions: v.exactOptional(Match),
  cities: v.exactOptional(Match),
  devices: v.exactOptional(Match),
  operatingSystems: v.exactOptional(Match),
  browsers: v.exactOptional(Match),
  languages: v.exactOptional(Match),
  keywords: v.exactOptional(Match),
  segments: v.exactOptional(Match),
  categories: v.exactOptional(Match),
  domains: v.exactOptional(Match),
  urlPrefixes: v.exactOptional(Match),
  keyValues: v.exactOptional(record(Id, Match)),
  sites: v.exactOptional(Match),
  placements: v.exactOptional(Match),
  consents: v.exactOptional(list(Id, 1, 20)),
});
export type Targeting = v.InferOutput<typeof Targeting>;

const minuteOfDay = v.pipe(int, v.minValue(0), v.maxValue(1440));

/** Open on these weekdays (0 is Sunday) from `fromMinute` to before `toMinute` of the campaign's own day, as its clocks show it. */
export const DayPart = strictObject({
  weekdays: list(v.pipe(int, v.minValue(0), v.maxValue(6)), 1, 7),
  fromMinute: minuteOfDay,
  toMinute: minuteOfDay,
});
export type DayPart = v.InferOutput<typeof DayPart>;

/** What a placement will not have: domains with their subdomains, IAB categories with their parts. `attributes` are OpenRTB's creative attributes (AdCOM, List: Creative Attributes). */
export const Blocks = strictObject({
  advertiserDomains: v.exactOptional(list(text, 1, 1000)),
  categories: v.exactOptional(list(Category, 1, 1000)),
  attributes: v.exactOptional(list(v.pipe(int, v.minValue(1), v.maxValue(1000)), 1, 100)),
});
export type Blocks = v.InferOutput<typeof Blocks>;

// What is shown: an image, native fields, or HTML.
import * as v from "valibot";
import { Features } from "../schemas/features.ts";
import { list } from "../schemas/lists.ts";
import { int } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { WebUrl } from "../schemas/web-url.ts";
import { FrequencyCaps } from "./demand.ts";
import { Category, Id, Size, Status, TimeMs } from "./parts.ts";

const line = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength));

/** `native` fields follow OpenRTB Native 1.2's assets; it has no size of its own and fits any placement that takes natives. */
export const CreativeContent = v.variant("kind", [
  strictObject({ kind: v.literal("image"), ...Size.entries, imageUrl: v.exactOptional(WebUrl), alt: v.exactOptional(line(300)) }),
  strictObject({
    kind: v.literal("native"),
    title: line(140),
    sponsoredBy: v.exactOptional(line(100)),
    body: v.exactOptional(line(500)),
    callToAction: v.exactOptional(line(40)),
    imageUrl: v.exactOptional(WebUrl),
    iconUrl: v.exactOptional(WebUrl),
  }),
  strictObject({ kind: v.literal("html"), ...Size.entries, html: line(100_000) }),
]);
export type CreativeContent = v.InferOutput<typeof CreativeContent>;

/**
 * `landingUrl` may hold macros, `{decisionId}`; `html` too, `{clickUrl}`: see `functions/decision/macros.ts`. `features` are what a model
 * sees, beside the ids of creative, flight, campaign and advertiser.
 */
export const Creative = strictObject({
  id: Id,
  flightId: Id,
  status: Status,
  createdMs: v.optional(TimeMs, 0),
  content: CreativeContent,
  landingUrl: WebUrl,
  categories: v.optional(list(Category, 0, 50), []),
  attributes: v.optional(list(v.pipe(int, v.minValue(1), v.maxValue(1000)), 0, 50), []),
  language: v.exactOptional(line(35)),
  caps: FrequencyCaps,
  features: v.optional(Features, {}),
});
export type Creative = v.InferOutput<typeof Creative>;

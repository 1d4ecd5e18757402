// Where ads are shown: sites and their placements.
import * as v from "valibot";
import { Features } from "../schemas/features.ts";
import { list } from "../schemas/lists.ts";
import { strictObject } from "../schemas/objects.ts";
import { Id, Micros, Size } from "./parts.ts";
import { Blocks } from "./targeting.ts";

/** A site's key opens the placements of that site alone. */
export const Site = strictObject({ id: Id, domain: v.pipe(v.string(), v.minLength(1), v.maxLength(253)) });
export type Site = v.InferOutput<typeof Site>;

/**
 * `siteId` null: anybody may ask for it. `sizes` that it takes (natives have none). `floorMicros` is the least expected value of 1,000
 * impressions in an auction; weighted tiers know no floor. `features` join the request's context: where the ad is shown is part of what the model sees.
 */
export const Placement = strictObject({
  id: Id,
  siteId: v.optional(v.nullable(Id), null),
  sizes: v.optional(list(Size, 0, 20), []),
  kinds: v.optional(list(v.picklist(["image", "native", "html"]), 1, 3), ["image", "native", "html"]),
  floorMicros: v.optional(Micros, 0),
  blocks: v.optional(Blocks, {}),
  features: v.optional(Features, {}),
});
export type Placement = v.InferOutput<typeof Placement>;

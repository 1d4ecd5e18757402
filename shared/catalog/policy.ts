// How the creative is chosen among the candidates of a tier: the policies, as data.
import * as v from "valibot";
import { number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { Share } from "./parts.ts";

/** With probability `share` the choice is uniform among creatives created within `maxAgeDays`, where there are any. */
export const Newcomers = strictObject({ share: Share, maxAgeDays: v.pipe(number, v.gtValue(0), v.maxValue(365)) });
export type Newcomers = v.InferOutput<typeof Newcomers>;

const newcomers = { newcomers: v.exactOptional(Newcomers) };

/**
 * - `greedy`: the highest expected value
 * - `epsilon-greedy`: with probability `epsilon` a uniform draw, else the highest
 * - `softmax`: in proportion to exp(value / best value / `temperature`)
 * - `thompson`: the highest under one of the model's posterior draws, each as likely as the others (Thompson, 1933; Riquelme et al., 2018)
 * - `squarecb`: inverse-gap weighting, 1 / (candidates + `gamma` (best - value) / best), the rest to the best (Foster and Rakhlin, 2020)
 * - `random`: uniform; needs no model
 */
export const Policy = v.variant("name", [
  strictObject({ name: v.literal("greedy"), ...newcomers }),
  strictObject({ name: v.literal("epsilon-greedy"), epsilon: Share, ...newcomers }),
  strictObject({ name: v.literal("softmax"), temperature: v.pipe(number, v.gtValue(0), v.maxValue(1000)), ...newcomers }),
  strictObject({ name: v.literal("thompson"), ...newcomers }),
  strictObject({ name: v.literal("squarecb"), gamma: v.pipe(number, v.gtValue(0), v.maxValue(1e9)), ...newcomers }),
  strictObject({ name: v.literal("random"), ...newcomers }),
]);
export type Policy = v.InferOutput<typeof Policy>;

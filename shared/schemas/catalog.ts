// The catalog snapshot: everything that a decision needs to know about supply and demand, immutable and signed.
import * as v from "valibot";
import { Channel } from "../artifact/manifest.ts";
import { Features } from "./features.ts";
import { list } from "./lists.ts";
import { int, number } from "./numbers.ts";
import { strictObject } from "./objects.ts";
import { WebUrl } from "./web-url.ts";

export const Id = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "letters, digits, dot, hyphen, underscore; at most 64"),
);
const Status = v.picklist(["active", "paused"]);
const timeMs = v.pipe(int, v.minValue(0));
const sizePx = v.pipe(int, v.minValue(1), v.maxValue(10_000));

/** How the creative is chosen among the eligible. `epsilon` is the probability of a uniform draw (epsilon-greedy). */
export const Policy = v.variant("name", [
  strictObject({ name: v.literal("greedy") }),
  strictObject({ name: v.literal("epsilon-greedy"), epsilon: v.pipe(number, v.gtValue(0), v.ltValue(1)) }),
  strictObject({ name: v.literal("random") }),
]);
export type Policy = v.InferOutput<typeof Policy>;

/** A flight delivers while `startMs <= now < endMs`; null is open-ended. */
export const Flight = strictObject({ id: Id, startMs: v.nullable(timeMs), endMs: v.nullable(timeMs) });
export type Flight = v.InferOutput<typeof Flight>;

export const Campaign = strictObject({ id: Id, status: Status, flights: v.pipe(v.array(Flight), v.minLength(1)) });
export type Campaign = v.InferOutput<typeof Campaign>;

export const Creative = strictObject({
  id: Id,
  campaignId: Id,
  status: Status,
  widthPx: sizePx,
  heightPx: sizePx,
  landingUrl: WebUrl,
  imageUrl: v.exactOptional(WebUrl),
  features: Features,
});
export type Creative = v.InferOutput<typeof Creative>;

/** `features` join the request's context: where the ad is shown is part of what the model sees. */
export const Placement = strictObject({ id: Id, widthPx: sizePx, heightPx: sizePx, features: Features });
export type Placement = v.InferOutput<typeof Placement>;

/** An arm may serve from another model channel, under another policy, or both; an empty one is the control. */
export const Arm = strictObject({
  id: Id,
  weight: v.pipe(int, v.minValue(0), v.maxValue(10_000)),
  channel: v.exactOptional(Channel),
  policy: v.exactOptional(Policy),
});
export type Arm = v.InferOutput<typeof Arm>;

/**
 * `coverage` (in ten-thousandths of all subjects) take part; the rest are in no arm. `seed` separates experiments: the same
 * subject falls into unrelated buckets under different seeds.
 */
export const Experiment = strictObject({
  id: Id,
  status: Status,
  hashVersion: v.literal(1),
  seed: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  coverage: v.pipe(int, v.minValue(0), v.maxValue(10_000)),
  arms: list(Arm, 1, 50),
});
export type Experiment = v.InferOutput<typeof Experiment>;

export const Catalog = strictObject({
  formatVersion: v.literal(1),
  task: v.string(),
  policy: Policy,
  campaigns: v.array(Campaign),
  creatives: v.array(Creative),
  placements: v.array(Placement),
  experiments: v.array(Experiment),
});
export type Catalog = v.InferOutput<typeof Catalog>;

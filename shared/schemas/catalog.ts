// The catalog snapshot: everything that a decision needs to know about supply and demand, immutable and signed.
import * as z from "zod/mini";
import { Channel } from "../artifact/manifest.ts";
import { Features } from "./features.ts";

export const Id = z
  .string()
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "letters, digits, dot, hyphen, underscore; at most 64"));
const Status = z.enum(["active", "paused"]);
const timeMs = z.int().check(z.minimum(0));
const sizePx = z.int().check(z.minimum(1), z.maximum(10_000));
const WebUrl = z.url({ protocol: /^https?$/ });

/** How the creative is chosen among the eligible. `epsilon` is the probability of a uniform draw (epsilon-greedy). */
export const Policy = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("greedy") }),
  z.strictObject({ name: z.literal("epsilon-greedy"), epsilon: z.number().check(z.gt(0), z.lt(1)) }),
  z.strictObject({ name: z.literal("random") }),
]);
export type Policy = z.infer<typeof Policy>;

/** A flight delivers while `startMs <= now < endMs`; null is open-ended. */
export const Flight = z.strictObject({ id: Id, startMs: z.nullable(timeMs), endMs: z.nullable(timeMs) });
export type Flight = z.infer<typeof Flight>;

export const Campaign = z.strictObject({ id: Id, status: Status, flights: z.array(Flight).check(z.minLength(1)) });
export type Campaign = z.infer<typeof Campaign>;

export const Creative = z.strictObject({
  id: Id,
  campaignId: Id,
  status: Status,
  widthPx: sizePx,
  heightPx: sizePx,
  landingUrl: WebUrl,
  imageUrl: z.optional(WebUrl),
  features: Features,
});
export type Creative = z.infer<typeof Creative>;

/** `features` join the request's context: where the ad is shown is part of what the model sees. */
export const Placement = z.strictObject({ id: Id, widthPx: sizePx, heightPx: sizePx, features: Features });
export type Placement = z.infer<typeof Placement>;

/** An arm may serve from another model channel, under another policy, or both; an empty one is the control. */
export const Arm = z.strictObject({
  id: Id,
  weight: z.int().check(z.minimum(0), z.maximum(10_000)),
  channel: z.optional(Channel),
  policy: z.optional(Policy),
});
export type Arm = z.infer<typeof Arm>;

/**
 * `coverage` (in ten-thousandths of all subjects) take part; the rest are in no arm. `seed` separates experiments: the same
 * subject falls into unrelated buckets under different seeds.
 */
export const Experiment = z.strictObject({
  id: Id,
  status: Status,
  hashVersion: z.literal(1),
  seed: z.string().check(z.minLength(1), z.maxLength(64)),
  coverage: z.int().check(z.minimum(0), z.maximum(10_000)),
  arms: z.array(Arm).check(z.minLength(1), z.maxLength(50)),
});
export type Experiment = z.infer<typeof Experiment>;

export const Catalog = z.strictObject({
  formatVersion: z.literal(1),
  task: z.string(),
  policy: Policy,
  campaigns: z.array(Campaign),
  creatives: z.array(Creative),
  placements: z.array(Placement),
  experiments: z.array(Experiment),
});
export type Catalog = z.infer<typeof Catalog>;

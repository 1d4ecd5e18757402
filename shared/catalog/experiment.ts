// Experiments: which subjects are served under another policy, or from another model's channel.
import * as v from "valibot";
import { Channel } from "../artifact/manifest.ts";
import { list } from "../schemas/lists.ts";
import { int } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { Id, Status } from "./parts.ts";
import { Policy } from "./policy.ts";

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

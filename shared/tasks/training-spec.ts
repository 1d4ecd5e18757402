// How a task's model learns.
import * as v from "valibot";
import { number, positiveInt } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

/**
 * `patience` is in epochs without a better validation logloss. `l2*` are per-example penalties,
 * `l2 / 2 * |w|^2`, which under lazy updates catch up on the steps that a row was not touched.
 */
export const TrainingSpec = strictObject({
  optimizer: v.optional(v.picklist(["adam", "sgd", "adagrad"]), "adam"),
  learningRate: v.optional(v.pipe(number, v.gtValue(0)), 0.001),
  schedule: v.optional(v.picklist(["constant", "plateau", "cosine"]), "constant"),
  batchSize: v.optional(positiveInt, 1024),
  epochs: v.optional(positiveInt, 10),
  patience: v.optional(positiveInt, 2),
  l2Embedding: v.optional(v.pipe(number, v.minValue(0)), 0),
  l2Dense: v.optional(v.pipe(number, v.minValue(0)), 0),
});
export type TrainingSpec = v.InferOutput<typeof TrainingSpec>;

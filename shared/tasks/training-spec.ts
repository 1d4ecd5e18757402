// How a task's model learns.
import * as v from "valibot";
import { number, positiveInt } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

/**
 * How sure the served model is of what it says, learnt with it: `draws` samples of its last layer's weights from their posterior (see
 * `Posterior` of the architecture), of which Thompson sampling takes one a decision. Before any data a weight has the variance
 * `priorVariance`; a row of the candidate's ids, say a creative's own, `rowVariance`: it is how far creatives that are alike differ, in
 * logits squared.
 */
export const PosteriorSpec = strictObject({
  draws: v.optional(v.pipe(positiveInt, v.maxValue(256)), 64),
  priorVariance: v.optional(v.pipe(number, v.gtValue(0)), 1),
  rowVariance: v.optional(v.pipe(number, v.gtValue(0)), 0.3),
});
export type PosteriorSpec = v.InferOutput<typeof PosteriorSpec>;

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
  /** Null: none. Only ranking models have one. */
  posterior: v.optional(v.nullable(PosteriorSpec), null),
});
export type TrainingSpec = v.InferOutput<typeof TrainingSpec>;

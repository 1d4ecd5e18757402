// The model that a task asks for: its family and its size.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { int, number, positiveInt } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { Family } from "./family.ts";
import { fieldName } from "./field.ts";

/** Sizes of layers, from the inputs on. */
const layers = list(v.pipe(positiveInt, v.maxValue(4096)), 0, 8);
const share = v.pipe(number, v.gtValue(0), v.maxValue(1));
const penalty = v.pipe(number, v.minValue(0));

/**
 * Options that a family has no use for are ignored by it.
 *
 * @example parse(ModelSpec, { family: "dcn-v2", hidden: [200, 200], crossRank: 32 });
 */
export const ModelSpec = strictObject({
  family: v.optional(Family, "deepfm"),
  embeddingDimension: v.optional(v.pipe(int, v.minValue(1), v.maxValue(256)), 16),
  /** Of the rows as they are served. */
  embeddingBits: v.optional(v.union([v.literal(4), v.literal(8)]), 8),
  hidden: v.optional(layers, [64, 32]),
  dropout: v.optional(v.pipe(number, v.minValue(0), v.ltValue(1)), 0),
  batchNorm: v.optional(v.boolean(), false),

  /** DCN-v2. A rank makes its layers low-rank; null leaves them full. */
  crossLayers: v.optional(v.pipe(int, v.minValue(1), v.maxValue(8)), 3),
  crossRank: v.optional(v.nullable(v.pipe(positiveInt, v.maxValue(4096))), null),

  /** Two-tower: of the query and of the items' vectors; and the candidate's field whose values are the items. */
  towerDimension: v.optional(v.pipe(positiveInt, v.maxValue(1024)), 32),
  itemField: v.exactOptional(fieldName),

  /** AutoInt and the Transformer. The dimension is that of a head. */
  attentionLayers: v.optional(v.pipe(positiveInt, v.maxValue(8)), 2),
  attentionHeads: v.optional(v.pipe(positiveInt, v.maxValue(16)), 2),
  attentionDimension: v.optional(v.pipe(positiveInt, v.maxValue(256)), 16),

  /** FinalMLP: its second stream, null for one like the first; and the heads of its bilinear form. */
  secondHidden: v.optional(v.nullable(layers), null),
  fusionHeads: v.optional(v.pipe(positiveInt, v.maxValue(64)), 1),

  /** The convolution: filters over windows of each of these numbers of ids. */
  convolutionFilters: v.optional(v.pipe(positiveInt, v.maxValue(1024)), 16),
  convolutionHeights: v.optional(list(v.pipe(positiveInt, v.maxValue(64)), 1, 16), [1, 2, 3, 4]),

  /** MMoE: experts, each of the layers `hidden`, and the layers of each of its towers. */
  experts: v.optional(v.pipe(positiveInt, v.maxValue(32)), 4),
  towerHidden: v.optional(layers, [16]),

  /**
   * Trees. An epoch grows one: take some hundreds of epochs, a patience of dozens, and a learning rate near 0.05. `minLeafWeight` is of
   * second derivatives (an example has up to 1/4); `leafL2` is the penalty on a leaf's value, to which `categoryL2` is added where a
   * split is by category; each tree sees `exampleShare` of the examples and `columnShare` of the columns.
   */
  leaves: v.optional(v.pipe(int, v.minValue(2), v.maxValue(256)), 31),
  minLeafWeight: v.optional(penalty, 1),
  leafL2: v.optional(penalty, 1),
  categoryL2: v.optional(penalty, 10),
  exampleShare: v.optional(share, 1),
  columnShare: v.optional(share, 1),
});
export type ModelSpec = v.InferOutput<typeof ModelSpec>;

// What the served model computes, as data: which terms make up the logit, and the shapes and scales of their weights.
import * as v from "valibot";
import { int, number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

const count = v.pipe(int, v.minValue(1));
const scale = v.pipe(number, v.gtValue(0));

/**
 * How a layer's f32 inputs become integers: x / scale, clamped, rounded half to even. `bits` 11: -2047..2047; `bits` 7, which the
 * kernel multiplies twice as fast: -64..63, or 0..127 after ReLU (see `activationRange`). `scale` is null where each column has its
 * own, which the weights have been multiplied by: tensor `{layer}.inputScale` F32 [inputs]. Only layers over x0 have that.
 */
export const LayerInput = strictObject({ scale: v.nullable(scale), bits: v.union([v.literal(7), v.literal(11)]) });
export type LayerInput = v.InferOutput<typeof LayerInput>;

/**
 * Retrieval by two towers (Covington et al., 2016): score of item i = query . vector_i + bias_i, of which the query is what a net
 * over the context's columns of x0 gives, ReLU layers and a last one without, and the vectors were computed at publication. It adds
 * nothing to the logit.
 *
 * Tensors: `tower.{l}.*` as those of the MLP, one for each of `hidden` and one more of `dimension` outputs · `items.vector` I8 [items,
 * dimension], `items.scale` F32 [items], `items.bias` F32 [items] · `items.id` I8 [bytes], the items' ids as UTF-8 one after the
 * other, and `items.idEnd` I32 [items], where each ends: ids travel with the vectors that they name, and starting parses none.
 */
const Retrieval = strictObject({
  items: count,
  dimension: count,
  hidden: v.array(count),
  /** Of each layer of the tower, the last included. */
  inputs: v.pipe(v.array(LayerInput), v.minLength(1)),
  /** Of the query, 7 bits. */
  queryScale: scale,
});

/**
 * The posterior of the last layer's weights, as draws of what they deviate by: under draw m a logit is the model's own plus
 * deviation m. So a policy can ask how sure the model is (Thompson, 1933; Riquelme, Tucker and Snoek, 2018).
 *
 * deviation = `posterior.bias` + [rows] + [cross] + [mlp], of which [rows] are weights of the candidate's own rows, in the `fields` named
 * here, in the map's order; the others are layers of `draws` outputs over the integers that the head beside them reads. A head over x0
 * itself has none.
 *
 * Tensors: `posterior.bias` F32 [draws] · `posterior.{cross, mlp}.weight` I8 [draws, inputs], `.scale` F32 [draws] ·
 * `posterior.rows.{field}.weight` I8 [rows of the field, draws], `.scale` F32 [rows of the field].
 */
const Posterior = strictObject({
  draws: v.pipe(count, v.maxValue(256)),
  fields: v.array(v.string()),
});

/**
 * logit = bias + [linear] + [fm] + [cross head] + [mlp head], each term optional.
 *
 * `x0` is the concatenation of the fields' embeddings and values (see `layoutFields`).
 * - linear: sum of weight * linear[row] over all bags
 * - fm: 1/2 * sum over dimensions of ((sum_f v_f)^2 - sum_f v_f^2) over embedded fields (Rendle, 2010)
 * - cross: x_{l+1} = x0 * (W_l x_l + b_l) + x_l, then a linear head (DCN-v2, Wang et al., 2021). With a `rank`, W_l = U_l V_l: one
 *   layer into `rank` units (`downInputs`), and one back (`inputs` are then those of U_l)
 * - mlp: ReLU layers over x0, then a linear head; batch norm is folded into the weights
 *
 * Every matrix product is int8 weights (per-output-channel scale) times integer activations (`LayerInput`, with scales calibrated on
 * the validation split). Heads, which cost next to nothing, always take 11 bits.
 *
 * Tensors, by name, `d` = columns of x0:
 * `bias` F32 [1] · `linear` F32 [rows] · `embedding` I8 [rows, dim], or with 4 bits [rows, ceil(dim / 2)], the even column in the
 * low half of each byte; `embedding.scale` F32 [rows]; both where any of fm, cross and mlp is ·
 * `cross.{l}.weight` I8 [d, d], `.scale` F32 [d], `.bias` F32 [d]; with a rank [d, rank], and `cross.{l}.down.*` [rank, d] ·
 * `cross.head.*` with one output · `mlp.{l}.weight` I8 [out, in], `.scale` F32 [out], `.bias` F32 [out] · `mlp.head.*` with one output.
 */
export const Architecture = strictObject({
  embeddingDimension: count,
  embeddingBits: v.union([v.literal(4), v.literal(8)]),
  linear: v.boolean(),
  fm: v.boolean(),
  cross: v.nullable(
    strictObject({
      rank: v.nullable(count),
      downInputs: v.array(LayerInput),
      inputs: v.pipe(v.array(LayerInput), v.minLength(1)),
      headInputScale: scale,
    }),
  ),
  mlp: v.nullable(strictObject({ hidden: v.array(count), inputs: v.array(LayerInput), headInputScale: scale })),
  /** Absent in manifests that were written before there was any. */
  retrieval: v.optional(v.nullable(Retrieval), null),
  /** As above. Null: the model does not say how sure it is. */
  posterior: v.optional(v.nullable(Posterior), null),
});
export type Architecture = v.InferOutput<typeof Architecture>;

/**
 * Lowest and highest integer activation. A `signed` input is x0, a state of the cross net, or what a low-rank layer gives.
 *
 * @example activationRange(7, false); // [0, 127]
 */
export function activationRange(bits: LayerInput["bits"], signed: boolean): readonly [lowest: number, highest: number] {
  if (bits === 11) return [signed ? -2047 : 0, 2047];
  return signed ? [-64, 63] : [0, 127];
}

/** Most columns of `x0`, and most units of a layer, whose integer sum cannot overflow: 2^31 / (128 * 2047). */
export const MAX_LAYER_INPUTS = 8192;

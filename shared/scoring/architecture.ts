// What the served model computes, as data: which terms make up the logit, and the shapes and scales of their weights.
import * as z from "zod/mini";

const count = z.int().check(z.minimum(1));
const scale = z.number().check(z.positive());

/**
 * logit = bias + [linear] + [fm] + [cross head] + [mlp head], each term optional.
 *
 * `x0` is the concatenation of the fields' embeddings and values (see `layoutFields`).
 * - linear: sum of weight * linear[row] over all bags
 * - fm: 1/2 * sum over dimensions of ((sum_f v_f)^2 - sum_f v_f^2) over embedded fields (Rendle, 2010)
 * - cross: x_{l+1} = x0 * (W_l x_l + b_l) + x_l, then a linear head (DCN-v2, Wang et al., 2021)
 * - mlp: ReLU layers over x0, then a linear head; batch norm is folded into the weights
 *
 * Every matrix product is int8 weights (per-output-channel scale) times integer activations, which are the f32 inputs divided
 * by a fixed `inputScale` (calibrated on the validation split), rounded to nearest-even and clamped to +-ACTIVATION_MAX.
 *
 * Tensors, by name, `d` = columns of x0:
 * `bias` F32 [1] · `linear` F32 [rows] · `embedding` I8 [rows, dim], `embedding.scale` F32 [rows], both where any of fm, cross
 * and mlp is ·
 * `cross.{l}.weight` I8 [d, d], `.scale` F32 [d], `.bias` F32 [d] · `cross.head.*` with one output ·
 * `mlp.{l}.weight` I8 [out, in], `.scale` F32 [out], `.bias` F32 [out] · `mlp.head.*` with one output.
 */
export const Architecture = z.strictObject({
  embeddingDimension: count,
  linear: z.boolean(),
  fm: z.boolean(),
  cross: z.nullable(z.strictObject({ inputScales: z.array(scale).check(z.minLength(1)), headInputScale: scale })),
  mlp: z.nullable(z.strictObject({ hidden: z.array(count), inputScales: z.array(scale), headInputScale: scale })),
});
export type Architecture = z.infer<typeof Architecture>;

/** Largest magnitude of an integer activation: 11 bits and a sign, so that 8,000 products fit an i32 sum. */
export const ACTIVATION_MAX = 2047;

/** Most columns of `x0`, and most units of a layer, whose integer sum cannot overflow: 2^31 / (127 * 2047). */
export const MAX_LAYER_INPUTS = 8192;

// Multi-head attention of tokens over tokens, for the families that are built of it.
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../engine/random.ts";
import { createMatrix, type Parameter, type Pass } from "./net.ts";

/** Matrices [inputs, heads * size] each. */
export interface AttentionWeights {
  readonly query: Parameter;
  readonly key: Parameter;
  readonly value: Parameter;
}

export interface AttentionSizes {
  readonly tokens: number;
  readonly heads: number;
  readonly size: number;
}

export function createAttentionWeights(
  name: string,
  inputs: number,
  { heads, size }: AttentionSizes,
  random: Random,
): AttentionWeights {
  const matrix = (role: string) => createMatrix(`${name}.${role}.weight`, inputs, heads * size, 1, random);
  return { query: matrix("query"), key: matrix("key"), value: matrix("value") };
}

/**
 * softmax(Q K^T) V for each head, heads side by side: x [n * tokens, inputs] -> [n * tokens, heads * size]. `adjust` changes the scores
 * [n * heads, tokens, tokens] before the softmax: by a scale, or a mask.
 */
export function attend(
  x: tf.Tensor2D,
  weights: AttentionWeights,
  { tokens, heads, size }: AttentionSizes,
  pass: Pass,
  adjust: (scores: tf.Tensor3D) => tf.Tensor3D = (scores) => scores,
): tf.Tensor2D {
  const byHead = (parameter: Parameter) => {
    const product = tf.matMul(x, pass.weight(parameter)).reshape<tf.Tensor4D>([-1, tokens, heads, size]);
    return tf.transpose(product, [0, 2, 1, 3]).reshape<tf.Tensor3D>([-1, tokens, size]); // [n * heads, tokens, size]
  };
  const scores = adjust(tf.matMul(byHead(weights.query), byHead(weights.key), false, true));
  const mixed = tf.matMul(tf.softmax(scores), byHead(weights.value)).reshape<tf.Tensor4D>([-1, heads, tokens, size]);
  return tf.transpose(mixed, [0, 2, 1, 3]).reshape<tf.Tensor2D>([-1, heads * size]);
}

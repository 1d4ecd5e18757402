// Layer normalisation (Ba, Kiros and Hinton, 2016): every row to mean 0 and variance 1, then a gain and an offset a column.
import * as tf from "@tensorflow/tfjs";
import { createParameter, type Parameter, type Pass } from "./net.ts";

const EPSILON = 1e-5;

export interface LayerNorm {
  readonly parameters: readonly Parameter[];
  /** x [n, columns], and the result alike. */
  normalize(x: tf.Tensor2D, pass: Pass): tf.Tensor2D;
}

export function createLayerNorm(name: string, columns: number): LayerNorm {
  const gamma = createParameter(`${name}.gamma`, [1, columns], new Float32Array(columns).fill(1), false);
  const beta = createParameter(`${name}.beta`, [1, columns], new Float32Array(columns), false);
  return {
    parameters: [gamma, beta],
    normalize(x, pass) {
      const centred = tf.sub(x, tf.mean(x, 1, true));
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), EPSILON));
      return tf.add<tf.Tensor2D>(tf.mul(tf.mul(centred, inverse), pass.weight(gamma)), pass.weight(beta));
    },
  };
}

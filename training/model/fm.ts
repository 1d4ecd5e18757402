// Factorization machine (Rendle, 2010): logit = bias + linear + sum over pairs of fields of <v_f, v_g>.
import * as tf from "@tensorflow/tfjs";
import { linearTerm } from "./logistic.ts";
import type { InputShape, Net, Term } from "./net.ts";

/**
 * Rendle's equation 5: the sum over pairs is 1/2 (|sum_f v_f|^2 - sum_f |v_f|^2), linear in the number of fields.
 * The sum over fields is a product with stacked identity matrices, so that fields that go in by value are left out.
 */
export function pairwiseTerm({ width, embeddingDimension, embeddedColumns }: InputShape): Term {
  const stacked = new Float32Array(width * embeddingDimension);
  const embedded = new Float32Array(width);
  for (const first of embeddedColumns) {
    for (let d = 0; d < embeddingDimension; d++) {
      stacked[(first + d) * embeddingDimension + d] = 1;
      embedded[first + d] = 1;
    }
  }
  return {
    parameters: [],
    statistics: [],
    forward({ x0 }) {
      const sum = tf.matMul(x0, tf.tensor2d(stacked, [width, embeddingDimension])); // [n, dimension]
      const squaredSum = tf.matMul(tf.square(sum), tf.ones<tf.Rank.R2>([embeddingDimension, 1])); // [n, 1]
      const sumOfSquares = tf.matMul(tf.square(x0), tf.tensor2d(embedded, [width, 1])); // [n, 1]
      return tf.mul(tf.sub(squaredSum, sumOfSquares), 0.5);
    },
  };
}

export function fm(shape: InputShape): Net {
  return {
    readsX0: true,
    readsSums: true,
    terms: [linearTerm, pairwiseTerm(shape)],
    export: () => ({ fm: true, cross: null, mlp: null }),
  };
}

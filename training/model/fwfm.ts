// Field-weighted factorization machine (Pan et al., 2018): logit = bias + linear + sum over pairs of fields of r_fg <v_f, v_g>.
import * as tf from "@tensorflow/tfjs";
import { selectEmbedded } from "./embedded-fields.ts";
import { linearTerm } from "./logistic.ts";
import { createParameter, type InputShape, type Net, type Term } from "./net.ts";

/** A teacher: the FM term that is served knows no weights of pairs. */
export function fwfm(shape: InputShape): Net {
  return { readsX0: true, readsSums: true, terms: [linearTerm, weightedPairs(shape)], export: () => null };
}

/** The paper's equation 4. All r begin at 1, which is FM. With r symmetric, the sum is half of x (r (x) I) x over all ordered pairs. */
function weightedPairs(shape: InputShape): Term {
  const { embeddingDimension: dimension, embeddedColumns } = shape;
  const fields = embeddedColumns.length;
  const select = selectEmbedded(shape);
  const weight = createParameter("fwfm.weight", [fields, fields], new Float32Array(fields * fields).fill(1), false);
  return {
    parameters: [weight],
    statistics: [],
    forward({ x0 }, pass) {
      const r = pass.weight(weight);
      const offDiagonal = tf.sub<tf.Tensor2D>(1, tf.eye(fields));
      const pairs = tf.mul(tf.mul(tf.add(r, tf.transpose(r)), 0.5), offDiagonal);
      const spread = tf.mul(pairs.reshape([fields, 1, fields, 1]), tf.eye(dimension).reshape([1, dimension, 1, dimension]));
      const x = select(x0);
      const weighted = tf.matMul(x, spread.reshape<tf.Tensor2D>([fields * dimension, fields * dimension]));
      return tf.mul(tf.sum<tf.Tensor2D>(tf.mul(x, weighted), 1, true), 0.5);
    },
  };
}

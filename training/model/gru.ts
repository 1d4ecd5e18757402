// A gated recurrent unit over the history: GRU4Rec (Hidasi et al., 2016), in the form of DIEN's interest extractor (Zhou et al., 2019).
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/task.ts";
import type { Random } from "../engine/random.ts";
import { createHistoryNet, type EncoderOptions, type HistoryEncoder, matchCandidate } from "./history.ts";
import { createMatrix, createParameter, type InputShape, type Net } from "./net.ts";

export function gru(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return createHistoryNet(spec, shape, random, createGru);
}

/**
 * The state has as many units as an embedding, to be matched with those of the candidate, and is 0 before the history. The matrices of
 * update gate, reset gate and proposal lie side by side, [dimension, 3 * dimension].
 */
function createGru({ name, positions, dimension, candidateFields, random }: EncoderOptions): HistoryEncoder {
  const input = createMatrix(`${name}.input.weight`, dimension, 3 * dimension, 1, random);
  const recurrent = createMatrix(`${name}.recurrent.weight`, dimension, 3 * dimension, 1, random);
  const bias = createParameter(`${name}.bias`, [1, 3 * dimension], new Float32Array(3 * dimension), false);
  return {
    parameters: [input, recurrent, bias],
    width: (1 + candidateFields) * dimension,
    encode({ items, filled }, candidate, pass) {
      const product = tf.matMul(items.reshape<tf.Tensor2D>([-1, dimension]), pass.weight(input)); // of all positions at once
      const driven = tf.add(product, pass.weight(bias)).reshape([-1, positions, 3 * dimension]);
      const drives = tf.unstack(driven, 1) as tf.Tensor2D[]; // [n, 3 * dimension] each
      const present = tf.split<tf.Tensor2D>(filled, positions, 1);
      let state = tf.zeros([filled.shape[0], dimension]) as tf.Tensor2D; // of that shape
      for (const [t, drive] of drives.entries()) {
        state = advance(state, drive, tf.matMul(state, pass.weight(recurrent)), present[t]!);
      }
      return matchCandidate(state, candidate);
    },
  };
}

/**
 * DIEN's equations 2 to 5, with i W + b in `drive` and h U in `recall`: u = sigmoid(i W_u + h U_u + b_u), r likewise,
 * c = tanh(i W_c + r * (h U_c) + b_c), h' = h + u * (c - h). Where there is no id, the state stays as it is.
 */
function advance(h: tf.Tensor2D, drive: tf.Tensor2D, recall: tf.Tensor2D, present: tf.Tensor2D): tf.Tensor2D {
  const [driveU, driveR, driveC] = tf.split(drive, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]; // three
  const [recallU, recallR, recallC] = tf.split(recall, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]; // three
  const update = tf.mul(tf.sigmoid(tf.add(driveU, recallU)), present);
  const reset = tf.sigmoid(tf.add(driveR, recallR));
  const proposal = tf.tanh(tf.add(driveC, tf.mul(reset, recallC)));
  return tf.add<tf.Tensor2D>(h, tf.mul(update, tf.sub(proposal, h)));
}

// A gated recurrent unit over the history: GRU4Rec (Hidasi et al., 2016), in the form of DIEN's interest extractor (Zhou et al., 2019):
// u = sigmoid(W_u i + U_u h + b_u), r alike, c = tanh(W_c i + r * (U_c h) + b_c), and the next h is h + u * (c - h).
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { createHistoryNet, type EncoderOptions, type HistoryEncoder, matchCandidate } from "./history.ts";
import { createMatrix, createParameter, type InputShape, type Net, type Parameter } from "./net.ts";

export function gru(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return createHistoryNet(spec, shape, random, createGru);
}

/** W [dimension, dimension] of the ids, U of the state, and b. */
interface Gate {
  readonly input: Parameter;
  readonly recurrent: Parameter;
  readonly bias: Parameter;
}

/** The state has as many units as an embedding, to be matched with those of the candidate, and is 0 before the history. */
function createGru({ name, positions, dimension, candidateFields, random }: EncoderOptions): HistoryEncoder {
  const [update, reset, proposal] = [
    createGate(`${name}.update`, dimension, random),
    createGate(`${name}.reset`, dimension, random),
    createGate(`${name}.proposal`, dimension, random),
  ];
  return {
    parameters: [update, reset, proposal].flatMap(({ input, recurrent, bias }) => [input, recurrent, bias]),
    width: (1 + candidateFields) * dimension,
    encode({ items, filled }, candidate, pass) {
      const ids = tf.transpose(items, [1, 0, 2]).reshape<tf.Tensor2D>([-1, dimension]); // time outside, where slices are cheap
      const drivesOf = ({ input, bias }: Gate) => {
        const all = tf.add(tf.matMul(ids, pass.weight(input)), pass.weight(bias)); // the product of all positions at once
        return unstack(all.reshape([positions, -1, dimension]));
      };
      const [drivesU, drivesR, drivesC] = [drivesOf(update), drivesOf(reset), drivesOf(proposal)];
      const present = unstack(tf.transpose(filled).reshape([positions, -1, 1]));
      let h: tf.Tensor2D = tf.zeros([filled.shape[0], dimension]);
      for (let t = 0; t < positions; t++) {
        const recall = ({ recurrent }: Gate): tf.Tensor2D => tf.matMul(h, pass.weight(recurrent));
        const u = tf.mul(tf.sigmoid(tf.add(drivesU[t]!, recall(update))), present[t]!); // where there is no id, the state stays
        const r = tf.sigmoid(tf.add(drivesR[t]!, recall(reset)));
        const c = tf.tanh(tf.add(drivesC[t]!, tf.mul(r, recall(proposal))));
        h = tf.add(h, tf.mul(u, tf.sub(c, h)));
      }
      return matchCandidate(h, candidate);
    },
  };
}

/** [positions, n, columns] to [n, columns] each. tfjs's own has no gradient where there is but one. */
function unstack(x: tf.Tensor3D): tf.Tensor2D[] {
  return x.shape[0] === 1 ? [x.squeeze([0])] : (tf.unstack(x) as tf.Tensor2D[]); // slices of rank 3
}

function createGate(name: string, dimension: number, random: Random): Gate {
  return {
    input: createMatrix(`${name}.input.weight`, dimension, dimension, 1, random),
    recurrent: createMatrix(`${name}.recurrent.weight`, dimension, dimension, 1, random),
    bias: createParameter(`${name}.bias`, [1, dimension], new Float32Array(dimension), false),
  };
}

// Caser's horizontal convolutions (Tang and Wang, 2018): filters that slide over the history, each as high as a few ids; what fits best counts.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/task.ts";
import type { Random } from "../engine/random.ts";
import { createHiddenLayer } from "./hidden-layer.ts";
import { createHistoryNet, type EncoderOptions, type HistoryEncoder, matchCandidate } from "./history.ts";
import { createMatrix, createParameter, type InputShape, type Net, type Parameter } from "./net.ts";

export function convolution(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return createHistoryNet(spec, shape, random, createConvolution);
}

/** `weight` [height * dimension, filters]: every filter looks at `height` ids in a row. */
interface Filters {
  readonly height: number;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/** The paper's equations 4, 5 and 8: max over time of ReLU(F * E_{t-h+1..t}) for all filters, then a dense layer to an embedding's size. */
function createConvolution({ name, spec, positions, dimension, candidateFields, random }: EncoderOptions): HistoryEncoder {
  const { convolutionFilters: count, convolutionHeights, dropout } = spec;
  const filters = convolutionHeights.map((height): Filters => {
    const weight = createMatrix(`${name}.${height}.weight`, height * dimension, count, 2, random);
    return { height, weight, bias: createParameter(`${name}.${height}.bias`, [1, count], new Float32Array(count), false) };
  });
  const inputs = filters.length * count;
  const dense = createHiddenLayer({ name: `${name}.dense`, inputs, outputs: dimension, dropout, batchNorm: false, random });
  return {
    parameters: [...filters.flatMap(({ weight, bias }) => [weight, bias]), ...dense.parameters],
    width: (1 + candidateFields) * dimension,
    encode({ items, filled }, candidate, pass) {
      const ends = filled.reshape<tf.Tensor3D>([-1, positions, 1]);
      const strongest = filters.map(({ height, weight, bias }) => {
        const products = tf.matMul(windows(items, height), pass.weight(weight));
        const active = tf.relu(tf.add(products, pass.weight(bias))).reshape<tf.Tensor3D>([-1, positions, count]);
        return tf.max<tf.Tensor2D>(tf.mul(active, ends), 1); // what follows a ReLU is not below the 0 of no window
      });
      return matchCandidate(dense.forward(tf.concat(strongest, 1), pass), candidate);
    },
  };
}

/** The `height` ids up to each position, side by side: [n * positions, height * dimension]. Before the first id there are zeros. */
function windows(items: tf.Tensor3D, height: number): tf.Tensor2D {
  const [, positions, dimension] = items.shape;
  const padded = tf.pad(items, [
    [0, 0],
    [height - 1, 0],
    [0, 0],
  ]);
  const shifted = Array.from({ length: height }, (_, at) => tf.slice(padded, [0, at, 0], [-1, positions, dimension]));
  return tf.concat(shifted, 2).reshape([-1, height * dimension]);
}

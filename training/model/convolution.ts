// Caser's horizontal convolutions (Tang and Wang, 2018): filters that slide over the history, each as high as a few ids; what fits best counts.
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { biasRelu } from "./bias-relu.ts";
import { createHiddenLayer } from "./hidden-layer.ts";
import { createHistoryNet, type EncoderOptions, type HistoryEncoder, matchCandidate } from "./history.ts";
import { createMatrix, createParameter, type InputShape, type Net } from "./net.ts";

export function convolution(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return createHistoryNet(spec, shape, random, createConvolution);
}

/** max over t of ReLU(F . E_{t-h+1..t} + b) for every filter F of height h, and from all of them a dense layer to the size of an embedding. */
function createConvolution({ name, spec, positions, dimension, candidateFields, random }: EncoderOptions): HistoryEncoder {
  const { convolutionFilters, convolutionHeights: heights, dropout } = spec;
  const count = convolutionFilters * heights.length;
  const highest = Math.max(...heights);
  const filters = heights.map((height, index) =>
    createMatrix(`${name}.${index}.weight`, height * dimension, convolutionFilters, 2, random),
  );
  const bias = createParameter(`${name}.bias`, [1, count], new Float32Array(count), false);
  const dense = createHiddenLayer({
    name: `${name}.dense`,
    inputs: count,
    outputs: dimension,
    dropout,
    batchNorm: false,
    random,
  });
  return {
    parameters: [...filters, bias, ...dense.parameters],
    width: (1 + candidateFields) * dimension,
    encode({ items, filled }, candidate, pass) {
      const alike = filters.map((filter) => {
        const above: [number, number] = [highest * dimension - filter.shape[0], 0];
        return tf.pad(pass.weight(filter), [above, [0, 0]]); // a low filter is a high one that is 0 above
      });
      const products = tf.matMul<tf.Tensor2D>(windows(items, highest), tf.concat(alike, 1));
      const active = biasRelu(products, pass.weight(bias)).reshape<tf.Tensor3D>([-1, positions, count]);
      const ends = filled.reshape([-1, positions, 1]); // a window counts by its last id
      return matchCandidate(dense.forward(maxOverTime(tf.mul(active, ends)), pass), candidate);
    },
  };
}

/** The `height` ids up to each position, side by side: [n * positions, height * dimension]. Before the first id there are zeros. */
function windows(items: tf.Tensor3D, height: number): tf.Tensor2D {
  const [, positions, dimension] = items.shape;
  const before: [number, number] = [height - 1, 0];
  const padded = tf.pad(items, [[0, 0], before, [0, 0]]);
  const shifted = Array.from({ length: height }, (_, at) => tf.slice(padded, [0, at, 0], [-1, positions, dimension]));
  return tf.concat(shifted, 2).reshape([-1, height * dimension]);
}

/** Of [n, positions, columns] to [n, columns]. The gradient is tfjs's own, but for its broadcast comparison, which is slow in wasm. */
function maxOverTime(x: tf.Tensor3D): tf.Tensor2D {
  const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, save] = args as [tf.Tensor3D, tf.GradSaveFunc]; // as called below
    const value = tf.max(input, 1, true);
    save([input, value]);
    const gradFunc = (dy: tf.Tensor, [all, most]: tf.Tensor[]) => tf.mul(tf.sub(1, tf.step(tf.sub(most!, all!))), dy);
    return { value, gradFunc };
  });
  return (operation(x) as tf.Tensor3D).squeeze<tf.Tensor2D>([1]); // [n, 1, columns]
}

// Plain TypeScript loops over typed arrays in f32: what one would write without a kernel.
import { calibrate } from "../../../../shared/scoring/calibration.ts";
import type { DenseLayer, FloatModel } from "../../../../training/model/float-model.ts";
import { netLayers, toFloatModel } from "../float-net.ts";
import { flatRows } from "../shape.ts";
import type { Engine } from "./engine.ts";

/** Given the same f32 weights as the peers, and the rows of all fields of all candidates. */
export const plain: Engine = {
  prepare(shape, count) {
    const model = toFloatModel(shape);
    const layers = netLayers(model);
    const rows = flatRows(shape, count);
    const fieldCount = shape.featureMap.fields.length;
    const x0 = new Float32Array(fieldCount * model.embeddingDimension);
    const outputs = layers.map((layer) => new Float32Array(layer.outputs));
    const probabilities = new Float32Array(count);
    return {
      run() {
        for (let i = 0; i < count; i++) {
          const logit = model.bias + gather(model, rows, i * fieldCount, fieldCount, x0) + denseNet(layers, x0, outputs);
          probabilities[i] = calibrate(logit, shape.calibration);
        }
        return probabilities;
      },
    };
  },
};

/** Fills x0; returns the linear and the FM term. */
function gather(model: FloatModel, rows: Int32Array, first: number, fieldCount: number, x0: Float32Array): number {
  const { embedding, embeddingDimension: dimension, linear, fm } = model;
  let logit = 0;
  for (let f = 0; f < fieldCount; f++) {
    const row = rows[first + f] as number; // first + f < rows.length
    if (linear !== null) logit += linear[row] as number;
    for (let k = 0; k < dimension; k++) x0[f * dimension + k] = embedding[row * dimension + k] as number;
  }
  return fm ? logit + interactions(x0, fieldCount, dimension) : logit;
}

function interactions(x0: Float32Array, fieldCount: number, dimension: number): number {
  let total = 0;
  for (let k = 0; k < dimension; k++) {
    let [sum, squares] = [0, 0];
    for (let f = 0; f < fieldCount; f++) {
      const v = x0[f * dimension + k] as number; // within x0
      sum += v;
      squares += v * v;
    }
    total += sum * sum - squares;
  }
  return total / 2;
}

function denseNet(layers: readonly DenseLayer[], x0: Float32Array, outputs: readonly Float32Array[]): number {
  let x = x0;
  for (let l = 0; l < layers.length; l++) {
    const y = outputs[l] as Float32Array; // one a layer
    multiply(layers[l] as DenseLayer, x, y, l < layers.length - 1);
    x = y;
  }
  return x[0] as number; // the head has one output
}

function multiply({ inputs, outputs, weight, bias }: DenseLayer, x: Float32Array, y: Float32Array, rectified: boolean): void {
  for (let j = 0; j < outputs; j++) {
    let sum = bias[j] as number; // [outputs]
    for (let i = 0; i < inputs; i++) sum += (weight[j * inputs + i] as number) * (x[i] as number); // [outputs, inputs], [inputs]
    y[j] = rectified && sum < 0 ? 0 : sum;
  }
}

// Hidden layers: dense, [batch norm], ReLU, [dropout]; and their folded form for the exported model.
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../engine/random.ts";
import { batchNormRelu, foldBatchNorm } from "./batch-norm.ts";
import { biasRelu } from "./bias-relu.ts";
import type { DenseLayer } from "./float-model.ts";
import { createMatrix, createParameter, type Parameter, type Pass, type RunningStatistics } from "./net.ts";

export interface HiddenLayer {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistics[];
  forward(x: tf.Tensor2D, pass: Pass): tf.Tensor2D;
  export(): DenseLayer;
}

export interface HiddenLayerOptions {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly dropout: number;
  readonly batchNorm: boolean;
  readonly random: Random;
}

export function createHiddenLayer({ name, inputs, outputs, dropout, batchNorm, random }: HiddenLayerOptions): HiddenLayer {
  const weight = createMatrix(`${name}.weight`, inputs, outputs, 2, random);
  const bias = createParameter(`${name}.bias`, [1, outputs], new Float32Array(outputs), false); // batch norm's beta, where there is one
  const gamma = batchNorm ? createParameter(`${name}.gamma`, [1, outputs], new Float32Array(outputs).fill(1), false) : null;
  const statistics = batchNorm ? createRunningStatistics(outputs) : null;

  function activate(product: tf.Tensor2D, pass: Pass): tf.Tensor2D {
    const beta = pass.weight(bias);
    if (!gamma || !statistics) return biasRelu(product, beta);
    if (!pass.training) {
      const { factors, offsets } = folded();
      return tf.relu(tf.add<tf.Tensor2D>(tf.mul(product, factors), offsets));
    }
    const observe = (mean: tf.Tensor, variance: tf.Tensor) => pass.report(statistics, mean, variance);
    return batchNormRelu(product, pass.weight(gamma), beta, observe);
  }

  /** The affine map of the columns after the product. */
  function folded(): { factors: Float32Array; offsets: Float32Array } {
    if (!gamma || !statistics) return { factors: new Float32Array(outputs).fill(1), offsets: bias.values };
    const columns = Array.from(gamma.values, (g, column) =>
      foldBatchNorm(g, bias.values[column]!, statistics.mean[column]!, statistics.variance[column]!),
    );
    return { factors: Float32Array.from(columns, (c) => c.factor), offsets: Float32Array.from(columns, (c) => c.offset) };
  }

  return {
    parameters: gamma ? [weight, bias, gamma] : [weight, bias],
    statistics: statistics ? [statistics] : [],
    forward(x, pass) {
      const product = tf.matMul<tf.Tensor2D>(x, pass.weight(weight));
      const active = activate(product, pass);
      return pass.training && dropout > 0 ? tf.mul<tf.Tensor2D>(active, pass.mask(active.shape, dropout)) : active;
    },
    export() {
      const { factors, offsets } = folded();
      return exportDense(weight, factors, offsets.slice());
    },
  };
}

/** Layers one after the other; without any, what goes in comes out. */
export interface HiddenLayers {
  /** Columns of what comes out. */
  readonly width: number;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistics[];
  forward(x: tf.Tensor2D, pass: Pass): tf.Tensor2D;
  export(): DenseLayer[];
}

/** Layers `{name}.{index}` of `hidden` outputs each. */
export function createHiddenLayers({
  hidden,
  ...options
}: Omit<HiddenLayerOptions, "outputs"> & { readonly hidden: readonly number[] }): HiddenLayers {
  const layers = hidden.map((outputs, index) => {
    const inputs = index === 0 ? options.inputs : hidden[index - 1]!;
    return createHiddenLayer({ ...options, name: `${options.name}.${index}`, inputs, outputs });
  });
  return {
    width: hidden.at(-1) ?? options.inputs,
    parameters: layers.flatMap(({ parameters }) => parameters),
    statistics: layers.flatMap(({ statistics }) => statistics),
    forward: (x, pass) => layers.reduce((input, layer) => layer.forward(input, pass), x),
    export: () => layers.map((layer) => layer.export()),
  };
}

/** A matrix [inputs, outputs] as the exported layer's [outputs, inputs], each output scaled by its factor. */
export function exportDense(weight: Parameter, factors: Float32Array | null, bias: Float32Array): DenseLayer {
  const [inputs, outputs] = weight.shape;
  const transposed = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) transposed[o * inputs + i] = weight.values[i * outputs + o]! * (factors ? factors[o]! : 1);
  }
  return { inputs, outputs, weight: transposed, bias };
}

/** Share of the past in the running statistics. Early on they are plain averages, so that a short training is not biased to the start. */
const MOMENTUM = 0.9;

function createRunningStatistics(columns: number): RunningStatistics {
  const mean = new Float32Array(columns);
  const variance = new Float32Array(columns).fill(1);
  return {
    mean,
    variance,
    observed: 0,
    observe(batchMean, batchVariance) {
      const past = Math.min(MOMENTUM, this.observed / (this.observed + 1));
      this.observed++;
      for (let c = 0; c < columns; c++) {
        mean[c] = past * mean[c]! + (1 - past) * batchMean[c]!;
        variance[c] = past * variance[c]! + (1 - past) * batchVariance[c]!;
      }
    },
  };
}

// What a family is made of: parameters in typed arrays, and terms that turn tensors into a share of the logit.
import type * as tf from "@tensorflow/tfjs";
import type { Random } from "../engine/random.ts";
import type { FloatModel } from "./float-model.ts";
import type { FloatTowers } from "./float-two-tower.ts";

/** Weights of the dense net. The engine owns the updates; `values` is changed in place. */
export interface Parameter {
  readonly name: string;
  readonly shape: [number, number];
  readonly values: Float32Array;
  /** Whether `l2Dense` applies: to matrices, not to biases. */
  readonly penalised: boolean;
}

/** What the tables give for a batch: `x0` [examples, width], `sums` of linear weights [examples, 1]. */
export interface Inputs {
  readonly x0: tf.Tensor2D;
  readonly sums: tf.Tensor2D;
}

/** One run through the net: hands out tensors, and does what differs between training and prediction. */
export interface Pass {
  readonly training: boolean;
  weight(parameter: Parameter): tf.Tensor2D;
  /** A dropout mask of the given shape, from the engine's own seeded stream. */
  mask(shape: [number, number], rate: number): tf.Tensor2D;
  /** Keeps a batch's statistics, for `observe` once the step is done. */
  report(statistics: RunningStatistics, mean: tf.Tensor, variance: tf.Tensor): void;
}

/** Running mean and variance of a layer's columns, for prediction. */
export interface RunningStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** Batches observed so far. */
  observed: number;
  observe(mean: Float32Array, variance: Float32Array): void;
}

/** One addend of the logit, [examples, 1]; of both logits, [examples, 2], in a net of two labels. */
export interface Term {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistics[];
  forward(inputs: Inputs, pass: Pass): tf.Tensor2D;
}

/** What a family has to know of the inputs. The context's columns come first; `embeddedColumns` lists the first of each embedded field. */
export interface InputShape {
  readonly width: number;
  readonly contextWidth: number;
  readonly embeddingDimension: number;
  readonly embeddedColumns: readonly number[];
  /** For families that read histories in order, where the map has any; `width` includes them. */
  readonly history?: HistoryShape;
}

/**
 * After the `ownWidth` columns that every family has, each sequence field in the map's order: its positions' embeddings, then a column a
 * position that is 1 where there is an id and 0 where there is none. The most recent id is at the last position. `candidateColumns` lists
 * the first column of each embedded field of the candidate.
 */
export interface HistoryShape {
  readonly ownWidth: number;
  readonly positions: readonly number[];
  readonly candidateColumns: readonly number[];
}

/** What a net of two labels says, logits [examples, 1] each. */
export interface JointLogits {
  /** Of the label, over all examples. */
  readonly label: tf.Tensor2D;
  /** Of the step on the way to it. */
  readonly through: tf.Tensor2D;
  /** Of the label once the step is taken. */
  readonly afterThrough: tf.Tensor2D;
}

/** Which inputs a family reads, its terms, and how its trained parts are called in a `FloatModel`. */
export interface Net {
  readonly readsX0: boolean;
  readonly readsSums: boolean;
  readonly terms: readonly Term[];
  /** Of a net of two labels: what it makes of the sum of its terms, [examples, 2]. */
  readonly join?: (sum: tf.Tensor2D) => JointLogits;
  /** Null where no served term computes what the net does: such a net is a teacher, or has towers. */
  export(): Pick<FloatModel, "fm" | "cross" | "mlp"> | null;
  readonly exportTowers?: () => Pick<FloatTowers, "context" | "candidate">;
}

export function createParameter(name: string, shape: [number, number], values: Float32Array, penalised: boolean): Parameter {
  return { name, shape, values, penalised };
}

/** A matrix [inputs, outputs] drawn as Glorot and Bengio (2010), or for `gain` 2 as He et al. (2015). */
export function createMatrix(name: string, inputs: number, outputs: number, gain: 1 | 2, random: Random): Parameter {
  const limit = gain === 2 ? Math.sqrt(6 / inputs) : Math.sqrt(6 / (inputs + outputs));
  const values = random.fork(name).fillUniform(new Float32Array(inputs * outputs), limit);
  return createParameter(name, [inputs, outputs], values, true);
}

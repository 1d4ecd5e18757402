// How a gradient moves weights: Adam, SGD and Adagrad on typed arrays, for table rows and dense weights alike.
import type { TrainingSpec } from "../../shared/tasks/training-spec.ts";

/** What an update works on: `length` weights from `offset`, with the rule's own state in `slots` at the same places. */
export interface Weights {
  readonly values: Float32Array;
  readonly slots: readonly Float32Array[];
}

/**
 * One optimiser. The penalty `l2 / 2 * |w|^2` is a proximal step in the optimiser's own metric: after the gradient's step, a
 * weight is divided by `1 + learningRate * l2 / h`, where `h` is what the rule divides its step by. So a step without a gradient
 * is that division alone, and `n` of them are its n-th power: a row that was not touched can catch up exactly, at any time.
 * Both at once are one division: `(w - s / h) / (1 + d / h)` is `w - (s + d w) / (h + d)`.
 *
 * Moments and Adagrad's sums advance only in the steps that touch a row, and Adam's bias correction counts those steps alone; so
 * `updates` is the number of times that the weights were touched, this one included.
 */
export interface UpdateRule {
  readonly name: TrainingSpec["optimizer"];
  /** Arrays of state, each as long as the weights; they begin at 0. */
  readonly slotCount: number;
  update(weights: Weights, offset: number, gradient: Float32Array, at: number, length: number, step: Step): void;
  /** What `steps` steps without a gradient do to weights that were touched before. */
  decay(weights: Weights, offset: number, length: number, steps: number, step: Step): void;
}

export interface Step {
  readonly learningRate: number;
  readonly l2: number;
  readonly updates: number;
}

const sgd: UpdateRule = {
  name: "sgd",
  slotCount: 0,
  update({ values }, offset, gradient, at, length, { learningRate, l2 }) {
    const decay = learningRate * l2;
    for (let i = 0; i < length; i++) {
      const w = values[offset + i]!;
      values[offset + i] = w - (learningRate * gradient[at + i]! + decay * w) / (1 + decay);
    }
  },
  decay({ values }, offset, length, steps, { learningRate, l2 }) {
    const shrink = (1 + learningRate * l2) ** -steps;
    for (let i = 0; i < length; i++) values[offset + i] = values[offset + i]! * shrink;
  },
};

const ADAGRAD_EPSILON = 1e-10;

/** Duchi, Hazan and Singer, 2011. */
const adagrad: UpdateRule = {
  name: "adagrad",
  slotCount: 1,
  update({ values, slots }, offset, gradient, at, length, { learningRate, l2 }) {
    const sums = slots[0]!;
    const decay = learningRate * l2;
    for (let i = 0; i < length; i++) {
      const w = values[offset + i]!;
      const g = gradient[at + i]!;
      const sum = (sums[offset + i] = sums[offset + i]! + g * g);
      const h = Math.sqrt(sum) + ADAGRAD_EPSILON;
      values[offset + i] = w - (learningRate * g + decay * w) / (h + decay);
    }
  },
  decay({ values, slots }, offset, length, steps, { learningRate, l2 }) {
    const sums = slots[0]!;
    for (let i = 0; i < length; i++) {
      const h = Math.sqrt(sums[offset + i]!) + ADAGRAD_EPSILON;
      values[offset + i] = values[offset + i]! * (1 + (learningRate * l2) / h) ** -steps;
    }
  },
};

const BETA1 = 0.9;
const BETA2 = 0.999;
const ADAM_EPSILON = 1e-8;

/** Kingma and Ba, 2015. */
const adam: UpdateRule = {
  name: "adam",
  slotCount: 2,
  update({ values, slots }, offset, gradient, at, length, { learningRate, l2, updates }) {
    const means = slots[0]!;
    const squares = slots[1]!;
    const meanRate = learningRate / (1 - BETA1 ** updates);
    const squareRate = 1 / (1 - BETA2 ** updates);
    const decay = learningRate * l2;
    for (let i = 0; i < length; i++) {
      const w = values[offset + i]!;
      const g = gradient[at + i]!;
      const mean = (means[offset + i] = BETA1 * means[offset + i]! + (1 - BETA1) * g);
      const square = (squares[offset + i] = BETA2 * squares[offset + i]! + (1 - BETA2) * g * g);
      const h = Math.sqrt(square * squareRate) + ADAM_EPSILON;
      values[offset + i] = w - (meanRate * mean + decay * w) / (h + decay);
    }
  },
  decay({ values, slots }, offset, length, steps, { learningRate, l2, updates }) {
    const squares = slots[1]!;
    const squareRate = 1 / (1 - BETA2 ** updates);
    for (let i = 0; i < length; i++) {
      const h = Math.sqrt(squares[offset + i]! * squareRate) + ADAM_EPSILON;
      values[offset + i] = values[offset + i]! * (1 + (learningRate * l2) / h) ** -steps;
    }
  },
};

export const UPDATE_RULES: Readonly<Record<TrainingSpec["optimizer"], UpdateRule>> = { adam, sgd, adagrad };

/** Weights with fresh state for a rule. */
export function createWeights(values: Float32Array, rule: UpdateRule): Weights {
  return { values, slots: Array.from({ length: rule.slotCount }, () => new Float32Array(values.length)) };
}

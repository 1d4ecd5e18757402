// The update rules of update-rule.ts in WGSL, on a weight at place `i` of `values` with its state in `slot0` and `slot1`.
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import type { ProgramSource } from "./program.ts";

export interface RuleSource {
  readonly slotCount: number;
  /**
   * `update(i, g)` and `decay(i, steps)`, which read `given.learningRate`, `given.l2`, and `rates`: what Adam's means and
   * squares are multiplied by to correct their bias.
   */
  readonly functions: string;
}

/**
 * log(1 + x) for x >= 0. f32 keeps nothing of `1 + x` where x is small, and a decay is a small x many times over.
 */
const LOG1P = `
fn log1p(x: f32) -> f32 {
  if (x > 0.02) { return log(1.0 + x); }
  return x * (1.0 - x * (0.5 - x * (0.33333333 - x * 0.25)));
}`;

const sgd: RuleSource = {
  slotCount: 0,
  functions: `${LOG1P}
fn update(i: u32, g: f32, rates: vec2<f32>) {
  values[i] = (values[i] - given.learningRate * g) / (1.0 + given.learningRate * given.l2);
}
fn decay(i: u32, steps: f32, rates: vec2<f32>) {
  values[i] = values[i] * exp(-steps * log1p(given.learningRate * given.l2));
}`,
};

const adagrad: RuleSource = {
  slotCount: 1,
  functions: `${LOG1P}
fn update(i: u32, g: f32, rates: vec2<f32>) {
  let sum = slot0[i] + g * g;
  slot0[i] = sum;
  let h = sqrt(sum) + 1e-10;
  values[i] = (values[i] - given.learningRate * g / h) / (1.0 + given.learningRate * given.l2 / h);
}
fn decay(i: u32, steps: f32, rates: vec2<f32>) {
  let h = sqrt(slot0[i]) + 1e-10;
  values[i] = values[i] * exp(-steps * log1p(given.learningRate * given.l2 / h));
}`,
};

const adam: RuleSource = {
  slotCount: 2,
  functions: `${LOG1P}
fn update(i: u32, g: f32, rates: vec2<f32>) {
  let mean = 0.9 * slot0[i] + 0.1 * g;
  let square = 0.999 * slot1[i] + 0.001 * g * g;
  slot0[i] = mean;
  slot1[i] = square;
  let h = sqrt(square * rates.y) + 1e-8;
  values[i] = (values[i] - given.learningRate * rates.x * mean / h) / (1.0 + given.learningRate * given.l2 / h);
}
fn decay(i: u32, steps: f32, rates: vec2<f32>) {
  let h = sqrt(slot1[i] * rates.y) + 1e-8;
  values[i] = values[i] * exp(-steps * log1p(given.learningRate * given.l2 / h));
}`,
};

export const RULE_SOURCES: Readonly<Record<TrainingSpec["optimizer"], RuleSource>> = { adam, adagrad, sgd };

/** The buffers that a rule works on: the values, then its slots. */
export function stateBuffers({ slotCount }: RuleSource): ProgramSource["buffers"] {
  return ["values", "slot0", "slot1"].slice(0, slotCount + 1).map((name) => ({ name, type: "f32", writes: true }));
}

/** Beyond these many updates Adam corrects nothing any more, to f32. */
const CORRECTED_UPDATES = 32_768;

/** Adam's `rates` by number of updates, from f64: f32 knows little of 1 - 0.999^n. */
export function biasCorrections(): Float32Array {
  const corrections = new Float32Array(2 * CORRECTED_UPDATES);
  for (let updates = 1; updates < CORRECTED_UPDATES; updates++) corrections.set(correctionsAt(updates), 2 * updates);
  return corrections;
}

export function correctionsAt(updates: number): [number, number] {
  return [1 / (1 - 0.9 ** updates), 1 / (1 - 0.999 ** updates)];
}

/** `rates` after a number of updates, from a buffer `corrections` of vec2<f32>. */
export const RATES_AT = `fn ratesAt(updates: i32) -> vec2<f32> { return corrections[min(updates, ${CORRECTED_UPDATES - 1})]; }`;

// The update rules of engine/update-rule.ts in f32 SIMD; a decay of many steps is a power in f64.
import { storeLanes } from "./lanes";

export const SGD: i32 = 0;
export const ADAGRAD: i32 = 1;
export const ADAM: i32 = 2;

const ADAGRAD_EPSILON: f32 = 1e-10;
const ADAM_EPSILON: f32 = 1e-8;
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;

/** `length` weights and their state, whose unused slots are 0. The rates are those of `adamRates`; for other rules `meanRate` is the learning rate. */
export function updateWeights(
  rule: i32,
  values: usize,
  slot0: usize,
  slot1: usize,
  gradient: usize,
  length: i32,
  meanRate: f32,
  squareRate: f32,
  decay: f32,
): void {
  if (rule === ADAM) updateAdam(values, slot0, slot1, gradient, length, meanRate, squareRate, decay);
  else if (rule === ADAGRAD) updateAdagrad(values, slot0, gradient, length, meanRate, decay);
  else updateSgd(values, gradient, length, meanRate, decay);
}

function updateAdam(
  values: usize,
  means: usize,
  squares: usize,
  gradient: usize,
  length: i32,
  meanRate: f32,
  squareRate: f32,
  decay: f32,
): void {
  for (let i: i32 = 0; i < length; i += 4) {
    const at: usize = i << 2;
    const left = length - i;
    const g = v128.load(gradient + at);
    const mean = f32x4.add(f32x4.mul(splat(BETA1), v128.load(means + at)), f32x4.mul(splat(1 - BETA1), g));
    const newest = f32x4.mul(splat(1 - BETA2), f32x4.mul(g, g));
    const square = f32x4.add(f32x4.mul(splat(BETA2), v128.load(squares + at)), newest);
    const h = f32x4.add(f32x4.sqrt(f32x4.mul(square, f32x4.splat(squareRate))), f32x4.splat(ADAM_EPSILON));
    storeLanes(means + at, mean, left);
    storeLanes(squares + at, square, left);
    storeLanes(values + at, move(v128.load(values + at), f32x4.mul(f32x4.splat(meanRate), mean), h, decay), left);
  }
}

function updateAdagrad(values: usize, sums: usize, gradient: usize, length: i32, learningRate: f32, decay: f32): void {
  for (let i: i32 = 0; i < length; i += 4) {
    const at: usize = i << 2;
    const g = v128.load(gradient + at);
    const sum = f32x4.add(v128.load(sums + at), f32x4.mul(g, g));
    const h = f32x4.add(f32x4.sqrt(sum), f32x4.splat(ADAGRAD_EPSILON));
    storeLanes(sums + at, sum, length - i);
    storeLanes(values + at, move(v128.load(values + at), f32x4.mul(f32x4.splat(learningRate), g), h, decay), length - i);
  }
}

function updateSgd(values: usize, gradient: usize, length: i32, learningRate: f32, decay: f32): void {
  for (let i: i32 = 0; i < length; i += 4) {
    const at: usize = i << 2;
    const step = f32x4.mul(f32x4.splat(learningRate), v128.load(gradient + at));
    storeLanes(values + at, move(v128.load(values + at), step, f32x4.splat(1), decay), length - i);
  }
}

function splat(value: f64): v128 {
  return f32x4.splat(<f32>value);
}

/** w - (step + decay w) / (h + decay), which is (w - step / h) / (1 + decay / h) without the sum that would lose a small decay. */
function move(w: v128, step: v128, h: v128, decay: f32): v128 {
  const d = f32x4.splat(decay);
  return f32x4.sub(w, f32x4.div(f32x4.add(step, f32x4.mul(d, w)), f32x4.add(h, d)));
}

/** What `steps` steps without a gradient do: w / (1 + decay / h)^steps. `squares` is the state that the rule's h is made of. */
export function decayWeights(
  rule: i32,
  values: usize,
  squares: usize,
  length: i32,
  squareRate: f32,
  decay: f32,
  steps: i32,
): void {
  const d = f32x4.splat(decay);
  for (let i: i32 = 0; i < length; i += 4) {
    const at: usize = i << 2;
    let h = f32x4.splat(1);
    if (rule === ADAM) {
      h = f32x4.add(f32x4.sqrt(f32x4.mul(v128.load(squares + at), f32x4.splat(squareRate))), f32x4.splat(ADAM_EPSILON));
    } else if (rule === ADAGRAD) {
      h = f32x4.add(f32x4.sqrt(v128.load(squares + at)), f32x4.splat(ADAGRAD_EPSILON));
    }
    const share = f32x4.div(d, h);
    const w = v128.load(values + at);
    const low = shrink(w, share, steps);
    const high = shrink(i64x2.shuffle(w, w, 1, 0), i64x2.shuffle(share, share, 1, 0), steps);
    storeLanes(values + at, i64x2.shuffle(low, high, 0, 2), length - i);
  }
}

/** The low two lanes of w / (1 + share)^steps, by repeated squaring: in f64, since 1 + share in f32 would lose a small share. */
function shrink(w: v128, share: v128, steps: i32): v128 {
  let factor = f64x2.add(f64x2.splat(1), f64x2.promote_low_f32x4(share));
  let power = f64x2.splat(1);
  for (let left = steps; left > 0; left >>= 1) {
    if (left & 1) power = f64x2.mul(power, factor);
    factor = f64x2.mul(factor, factor);
  }
  return f32x4.demote_f64x2_zero(f64x2.div(f64x2.promote_low_f32x4(w), power));
}

/** Past this many updates both of Adam's bias corrections are 1 in f32. */
export const LAST_CORRECTED: i32 = 20000;

/** Writes pairs of f32, 1 / (1 - BETA1^n) and 1 / (1 - BETA2^n), for n from 0 (where it is 0) to LAST_CORRECTED. */
export function fillCorrections(to: usize): void {
  let power1: f64 = 1;
  let power2: f64 = 1;
  for (let n: i32 = 0; n <= LAST_CORRECTED; n++) {
    store<f32>(to + (n << 3), n === 0 ? 0 : <f32>(1 / (1 - power1)));
    store<f32>(to + (n << 3), n === 0 ? 0 : <f32>(1 / (1 - power2)), 4);
    power1 *= BETA1;
    power2 *= BETA2;
  }
}

// Batch normalisation and ReLU over the columns of f32 matrices [m, n] in tfjs's own memory. What is of a column is [n]. Vectors at the
// end of a row are loaded whole: beyond the last one lies the allocator's own.
import { storeLanes } from "./lanes";

/**
 * Writes normal = (x - mean) / sqrt(variance + epsilon) with each column's mean and biased variance, slope = gamma / sqrt(variance + epsilon),
 * and y = max(normal * gamma + beta, 0). `inverse` is scratch memory, for 1 / sqrt(variance + epsilon).
 */
export function batchNormRelu(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  normal: usize,
  slope: usize,
  mean: usize,
  variance: usize,
  inverse: usize,
  m: i32,
  n: i32,
  epsilon: f32,
): void {
  measure(x, mean, variance, m, n);
  for (let j: i32 = 0; j < n; j += 4) {
    const at = j << 2;
    const deviation = f32x4.sqrt(f32x4.add(v128.load(variance + at), f32x4.splat(epsilon)));
    storeLanes(inverse + at, f32x4.div(f32x4.splat(1), deviation), n - j);
    storeLanes(slope + at, f32x4.mul(v128.load(gamma + at), v128.load(inverse + at)), n - j);
  }
  const zero = f32x4.splat(0);
  for (let i: i32 = 0; i < m; i++) {
    const row = (i * n) << 2;
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const value = f32x4.mul(f32x4.sub(v128.load(x + row + at), v128.load(mean + at)), v128.load(inverse + at));
      storeLanes(normal + row + at, value, n - j);
      const shifted = f32x4.add(f32x4.mul(value, v128.load(gamma + at)), v128.load(beta + at));
      storeLanes(y + row + at, f32x4.max(shifted, zero), n - j);
    }
  }
}

/** Writes dx, dGamma and dBeta from dy, and from what came out of `batchNormRelu`. The shares are scratch memory, for dBeta / m and dGamma / m. */
export function batchNormReluGradient(
  dy: usize,
  y: usize,
  normal: usize,
  slope: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  shareBeta: usize,
  shareGamma: usize,
  m: i32,
  n: i32,
): void {
  sumGradients(dy, y, normal, dGamma, dBeta, m, n);
  divide(dBeta, m, shareBeta, n);
  divide(dGamma, m, shareGamma, n);
  for (let i: i32 = 0; i < m; i++) {
    const row = (i * n) << 2;
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const centred = f32x4.sub(passedOf(dy + row + at, y + row + at), v128.load(shareBeta + at));
      const across = f32x4.sub(centred, f32x4.mul(v128.load(normal + row + at), v128.load(shareGamma + at)));
      storeLanes(dx + row + at, f32x4.mul(across, v128.load(slope + at)), n - j);
    }
  }
}

function sumGradients(dy: usize, y: usize, normal: usize, dGamma: usize, dBeta: usize, m: i32, n: i32): void {
  memory.fill(dGamma, 0, n << 2);
  memory.fill(dBeta, 0, n << 2);
  for (let i: i32 = 0; i < m; i++) {
    const row = (i * n) << 2;
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const passed = passedOf(dy + row + at, y + row + at);
      storeLanes(dBeta + at, f32x4.add(v128.load(dBeta + at), passed), n - j);
      storeLanes(dGamma + at, f32x4.add(v128.load(dGamma + at), f32x4.mul(passed, v128.load(normal + row + at))), n - j);
    }
  }
}

/** The mean, then the mean square of what is left: one pass each, as the square of a large mean would drown a small variance. */
function measure(x: usize, mean: usize, variance: usize, m: i32, n: i32): void {
  memory.fill(mean, 0, n << 2);
  memory.fill(variance, 0, n << 2);
  for (let i: i32 = 0; i < m; i++) {
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const value = v128.load(x + ((i * n) << 2) + at);
      storeLanes(mean + at, f32x4.add(v128.load(mean + at), value), n - j);
    }
  }
  divide(mean, m, mean, n);
  for (let i: i32 = 0; i < m; i++) {
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const centred = f32x4.sub(v128.load(x + ((i * n) << 2) + at), v128.load(mean + at));
      storeLanes(variance + at, f32x4.add(v128.load(variance + at), f32x4.mul(centred, centred)), n - j);
    }
  }
  divide(variance, m, variance, n);
}

function divide(values: usize, by: i32, to: usize, n: i32): void {
  const divisor = f32x4.splat(<f32>by);
  for (let j: i32 = 0; j < n; j += 4) {
    storeLanes(to + (j << 2), f32x4.div(v128.load(values + (j << 2)), divisor), n - j);
  }
}

/** dy where y > 0, else 0. */
function passedOf(dy: usize, y: usize): v128 {
  return v128.and(v128.load(dy), f32x4.gt(v128.load(y), f32x4.splat(0)));
}

// f32 -> integer activations: divide by the layer's input scale, round half to even, clamp.

const ACTIVATION_MAX: i16 = 2047; // architecture.ts

/** Eight activations. A NaN becomes 0; the narrowing saturates, so that the clamp sees no wrapped value. */
export function toActivations(low: v128, high: v128, scale: v128): v128 {
  const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(low, scale)));
  const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(high, scale)));
  return i16x8.max_s(i16x8.min_s(i16x8.narrow_i32x4_s(a, b), i16x8.splat(ACTIVATION_MAX)), i16x8.splat(-ACTIVATION_MAX));
}

/**
 * Rows of f32 to rows of i16, eight columns at a time: reads and writes up to seven columns past the last.
 * Strides are in bytes.
 */
export function quantize(
  x: usize,
  xStride: usize,
  count: i32,
  columnCount: usize,
  scale: f32,
  out: usize,
  outStride: usize,
): void {
  const scales = f32x4.splat(scale);
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < columnCount; c += 8) {
      const from = x + (c << 2);
      v128.store(out + (c << 1), toActivations(v128.load(from), v128.load(from, 16), scales));
    }
    x += xStride;
    out += outStride;
  }
}

/** Integer sums of a hidden layer [count, width] -> ReLU(sum * factor + bias) -> activations of the next. `width` is a multiple of 8. */
export function rectify(sums: usize, count: i32, width: usize, factors: usize, biases: usize, scale: f32, out: usize): void {
  const scales = f32x4.splat(scale);
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < width << 2; c += 32) {
      const low = affine(v128.load(sums), v128.load(factors + c), v128.load(biases + c));
      const high = affine(v128.load(sums, 16), v128.load(factors + c, 16), v128.load(biases + c, 16));
      const zero = f32x4.splat(0);
      v128.store(out, toActivations(f32x4.pmax(zero, low), f32x4.pmax(zero, high), scales));
      sums += 32;
      out += 16;
    }
  }
}

export function affine(sums: v128, factors: v128, biases: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sums), factors), biases);
}

// f32 -> integer activations: scale, clamp, round half to even. As words (i16) or as bytes (u8), as the product of the layer takes them.

/** 1.5 * 2^23: adding it rounds an f32 below 2^22 to an integer, half to even, in the low bits. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

/** A NaN becomes `lowest`. `zero` is `ROUNDER_BITS` less the zero point: what the integer's bits stand above. */
function round(x: v128, lowest: v128, highest: v128, zero: v128): v128 {
  const clamped = f32x4.pmin(highest, f32x4.pmax(lowest, x));
  return i32x4.sub(f32x4.add(clamped, f32x4.splat(ROUNDER)), zero);
}

/**
 * Rows of f32 to rows of activations, each column times its `inverses`; 8 columns at a time: reads and writes up to seven columns
 * past the last. Strides in bytes.
 */
export function quantizeWords(
  x: usize,
  xStride: usize,
  count: i32,
  columnCount: usize,
  inverses: usize,
  lowest: f32,
  highest: f32,
  out: usize,
  outStride: usize,
): void {
  const low = f32x4.splat(lowest);
  const high = f32x4.splat(highest);
  const zero = i32x4.splat(ROUNDER_BITS);
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < columnCount; c += 8) {
      const from = x + (c << 2);
      const by = inverses + (c << 2);
      const a = round(f32x4.mul(v128.load(from), v128.load(by)), low, high, zero);
      const b = round(f32x4.mul(v128.load(from, 16), v128.load(by, 16)), low, high, zero);
      v128.store(out + (c << 1), i16x8.narrow_i32x4_s(a, b));
    }
    x += xStride;
    out += outStride;
  }
}

/** As `quantizeWords`, to bytes that stand `zeroPoint` above the activation, 16 columns at a time. */
export function quantizeBytes(
  x: usize,
  xStride: usize,
  count: i32,
  columnCount: usize,
  inverses: usize,
  lowest: f32,
  highest: f32,
  zeroPoint: i32,
  out: usize,
  outStride: usize,
): void {
  const low = f32x4.splat(lowest);
  const high = f32x4.splat(highest);
  const zero = i32x4.splat(ROUNDER_BITS - zeroPoint);
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < columnCount; c += 16) {
      const from = x + (c << 2);
      const by = inverses + (c << 2);
      const a = round(f32x4.mul(v128.load(from), v128.load(by)), low, high, zero);
      const b = round(f32x4.mul(v128.load(from, 16), v128.load(by, 16)), low, high, zero);
      const d = round(f32x4.mul(v128.load(from, 32), v128.load(by, 32)), low, high, zero);
      const e = round(f32x4.mul(v128.load(from, 48), v128.load(by, 48)), low, high, zero);
      v128.store(out + c, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(d, e)));
    }
    x += xStride;
    out += outStride;
  }
}

/**
 * Sums -> sum * factor + bias -> activations [count, width] of the next layer. A row's sums are what lies `offset` bytes into what
 * its pointer in `rows` points at, plus `base`: i32 [width] each, `width` a multiple of 16.
 */
export function requantizeWords(
  rows: usize,
  count: i32,
  offset: usize,
  base: usize,
  width: usize,
  factors: usize,
  biases: usize,
  lowest: f32,
  highest: f32,
  out: usize,
): void {
  const low = f32x4.splat(lowest);
  const high = f32x4.splat(highest);
  const zero = i32x4.splat(ROUNDER_BITS);
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(rows + ((<usize>i) << 2)) + offset;
    for (let c: usize = 0; c < width << 2; c += 32) {
      const a = round(output(from + c, base + c, factors + c, biases + c), low, high, zero);
      const b = round(output(from + c + 16, base + c + 16, factors + c + 16, biases + c + 16), low, high, zero);
      v128.store(out, i16x8.narrow_i32x4_s(a, b));
      out += 16;
    }
  }
}

/** As `requantizeWords`, to bytes that stand `zeroPoint` above the activation. */
export function requantizeBytes(
  rows: usize,
  count: i32,
  offset: usize,
  base: usize,
  width: usize,
  factors: usize,
  biases: usize,
  lowest: f32,
  highest: f32,
  zeroPoint: i32,
  out: usize,
): void {
  const low = f32x4.splat(lowest);
  const high = f32x4.splat(highest);
  const zero = i32x4.splat(ROUNDER_BITS - zeroPoint);
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(rows + ((<usize>i) << 2)) + offset;
    for (let c: usize = 0; c < width << 2; c += 64) {
      const a = round(output(from + c, base + c, factors + c, biases + c), low, high, zero);
      const b = round(output(from + c + 16, base + c + 16, factors + c + 16, biases + c + 16), low, high, zero);
      const d = round(output(from + c + 32, base + c + 32, factors + c + 32, biases + c + 32), low, high, zero);
      const e = round(output(from + c + 48, base + c + 48, factors + c + 48, biases + c + 48), low, high, zero);
      v128.store(out, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(d, e)));
      out += 16;
    }
  }
}

/** Of four columns: (sum + base) * factor + bias. i32 are exact, so that adding the context's sums last changes no bit. */
function output(sums: usize, base: usize, factors: usize, biases: usize): v128 {
  return affine(i32x4.add(v128.load(sums), v128.load(base)), v128.load(factors), v128.load(biases));
}

/** sum * factor + bias, of four columns. */
export function affine(sums: v128, factors: v128, biases: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sums), factors), biases);
}

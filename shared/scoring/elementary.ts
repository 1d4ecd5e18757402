// Exponential, logarithm and power of additions, multiplications and divisions alone: the same bits in every engine. Those of `Math` may
// differ in the last one, and then a replayed decision would.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 1 / n! from 13! down. */
const COEFFICIENTS = [6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1].map((n) => 1 / n);

/**
 * e^x by Cody and Waite's reduction x = k ln 2 + r and a Taylor polynomial in r; e^+-700 beyond those.
 *
 * @example exponential(0); // 1
 */
export function exponential(x: number): number {
  const clamped = Math.min(700, Math.max(-700, x));
  const k = roundHalfToEven(clamped * Math.LOG2E);
  const r = clamped - k * LN2_HIGH - k * LN2_LOW;
  return evaluate(COEFFICIENTS, r) * 2 ** k;
}

/** The polynomial at x, from its highest coefficient down (Horner). */
function evaluate(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}

/**
 * The nearest integer, of two as near the even one.
 *
 * @example roundHalfToEven(2.5); // 2
 */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

const bits = new DataView(new ArrayBuffer(8));

/** 1 / (2 n + 1) from n = 11 down. */
const ODD_COEFFICIENTS = [23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1].map((n) => 1 / n);

/**
 * ln x of a normal double above 0: x = 2^k m with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh((m - 1) / (m + 1)) by its series.
 *
 * @example logarithm(1); // 0
 */
export function logarithm(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000); // the mantissa, in [1, 2)
  const mantissa = bits.getFloat64(0);
  const isHigh = mantissa >= Math.SQRT2;
  const m = isHigh ? mantissa / 2 : mantissa;
  const k = (high >>> 20) - 1023 + (isHigh ? 1 : 0);
  const s = (m - 1) / (m + 1);
  const squared = s * s;
  return k * LN2_HIGH + (2 * s * evaluate(ODD_COEFFICIENTS, squared) + k * LN2_LOW);
}

/** The smallest normal double. */
const SMALLEST = 2 ** -1022;

/**
 * `base` ^ `exponent` for a base in [0, 1] and an exponent of 0 or more; 0 ^ 0 is 1. Bases below 2^-1022 are 0.
 *
 * @example power(0.25, 0.5); // 0.5
 */
export function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (exponent === 1) return base;
  if (exponent === 0.5) return Math.sqrt(base); // the one function of Math that IEEE 754 rounds for all engines alike
  if (exponent === 2) return base * base;
  return base < SMALLEST ? 0 : exponential(exponent * logarithm(base));
}

// Logit -> calibrated probability.
import * as v from "valibot";
import { number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

/** Platt scaling (Platt, 1999): p = sigmoid(slope * logit + intercept). Temperature scaling is intercept 0. */
export const Calibration = strictObject({ slope: v.pipe(number, v.gtValue(0)), intercept: number });
export type Calibration = v.InferOutput<typeof Calibration>;

/** Leaves logits as they are. */
export const IDENTITY: Calibration = { slope: 1, intercept: 0 };

/**
 * Probability of the label, in (0, 1]. The kernel's own calibration equals it bit for bit, so that what training fits and measures
 * is what is served.
 *
 * @example calibrate(0, { slope: 1, intercept: 0 }); // 0.5
 */
export function calibrate(logit: number, { slope, intercept }: Calibration): number {
  return 1 / (1 + exponential(-(slope * logit + intercept)));
}

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 1 / n! from 13! down. */
const COEFFICIENTS = [6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1].map((n) => 1 / n);

/**
 * e^x by Cody and Waite's reduction x = k ln 2 + r and a Taylor polynomial in r; e^+-700 beyond those. Written out because
 * Math.exp may differ between engines in the last bit.
 */
function exponential(x: number): number {
  const clamped = Math.min(700, Math.max(-700, x));
  const k = roundHalfToEven(clamped * Math.LOG2E);
  const r = clamped - k * LN2_HIGH - k * LN2_LOW;
  return COEFFICIENTS.reduce((sum, coefficient) => sum * r + coefficient, 0) * 2 ** k;
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

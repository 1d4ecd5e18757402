// Logit -> calibrated probability.
import * as v from "valibot";
import { number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

/** Platt scaling (Platt, 1999): p = sigmoid(slope * logit + intercept). Temperature scaling (Guo et al., 2017) is intercept 0. */
const Line = strictObject({ slope: v.pipe(number, v.gtValue(0)), intercept: number });

const knots = v.pipe(v.array(number), v.minLength(2), v.maxLength(64));
const Points = strictObject({ logits: knots, values: knots });
type Points = v.InferOutput<typeof Points>;

/**
 * p = sigmoid(f(logit)), f through the points (logits[i], values[i]), straight between them and on beyond the outer two. Both lists rise,
 * so that no ranking changes. Isotonic (Zadrozny and Elkan, 2002) and beta calibration (Kull et al., 2017) are served in this form.
 */
const Curve = v.pipe(
  Points,
  v.check(
    (points) => points.logits.length === points.values.length && isRising(points),
    "as many values as logits, and both rise",
  ),
);

export const Calibration = v.union([Line, Curve]);
export type Calibration = v.InferOutput<typeof Calibration>;

/** f(x) = value + (x - logit) * slope, from `logit` on. */
export interface Piece {
  readonly logit: number;
  readonly value: number;
  readonly slope: number;
}

/**
 * The straight pieces of f, in order: what the kernel is given. The first one goes on to the left.
 *
 * @example piecesOf({ slope: 2, intercept: 1 }); // [{ logit: 0, value: 1, slope: 2 }]
 */
export function piecesOf(calibration: Calibration): Piece[] {
  if ("slope" in calibration) return [{ logit: 0, value: calibration.intercept, slope: calibration.slope }];
  return join(calibration);
}

function join({ logits, values }: Points): Piece[] {
  return values.slice(1).map((next, index) => {
    const [logit, value] = [logits[index] as number, values[index] as number]; // one before `next`
    return { logit, value, slope: (next - value) / ((logits[index + 1] as number) - logit) };
  });
}

function isRising(points: Points): boolean {
  const ascends = points.logits.every((logit, index) => index === 0 || (points.logits[index - 1] as number) < logit); // index > 0
  return ascends && join(points).every(({ slope }) => slope > 0 && Number.isFinite(slope));
}

/** Leaves logits as they are. */
export const IDENTITY = { slope: 1, intercept: 0 };

/**
 * Probability of the label, in (0, 1]. The kernel's own calibration equals it bit for bit, so that what training fits and measures
 * is what is served.
 *
 * @example calibrate(0, { slope: 1, intercept: 0 }); // 0.5
 * @example calibrate(3, { logits: [-1, 1], values: [-2, 2] }); // sigmoid(6)
 */
export function calibrate(logit: number, calibration: Calibration): number {
  return createCalibrator(calibration)(logit);
}

/** `calibrate` for many logits. */
export function createCalibrator(calibration: Calibration): (logit: number) => number {
  const pieces = piecesOf(calibration);
  return (logit) => {
    let at = pieces.length - 1;
    while (at > 0 && !((pieces[at] as Piece).logit <= logit)) at--; // at is within the pieces
    const piece = pieces[at] as Piece; // as above
    return 1 / (1 + exponential(-(piece.value + (logit - piece.logit) * piece.slope)));
  };
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

// Logit -> calibrated probability.
import * as v from "valibot";
import { number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { exponential } from "./elementary.ts";

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

// Logit -> calibrated probability.
import * as z from "zod/mini";

/** Platt scaling (Platt, 1999): p = sigmoid(slope * logit + intercept). Temperature scaling is intercept 0. */
export const Calibration = z.strictObject({ slope: z.number().check(z.positive()), intercept: z.number() });
export type Calibration = z.infer<typeof Calibration>;

/** Leaves logits as they are. */
export const IDENTITY: Calibration = { slope: 1, intercept: 0 };

/**
 * Probability of the label, in (0, 1).
 *
 * @example calibrate(0, { slope: 1, intercept: 0 }); // 0.5
 */
export function calibrate(logit: number, { slope, intercept }: Calibration): number {
  return 1 / (1 + Math.exp(-(slope * logit + intercept)));
}

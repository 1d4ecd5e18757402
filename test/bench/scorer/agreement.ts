// Engines that compute different things cannot be compared: each one's probabilities are held against f64 arithmetic.
import { calibrate } from "../../../shared/scoring/calibration.ts";
import { floatLogits } from "../../../training/quantize/float-forward.ts";
import { toFloatModel } from "./float-net.ts";
import { datasetOf } from "./sample.ts";
import { contextFieldCount, type Shape } from "./shape.ts";

/** Errors of probabilities, as shares of the standard deviation that they have from each other. */
export interface Agreement {
  readonly meanError: number;
  readonly largestError: number;
}

/**
 * What is allowed. f32: sums in another order. int8: 7 or 8 bits of activation in every layer; other candidates' probabilities, or
 * those of another model, would be off by about 1 in the mean.
 */
export const TOLERANCES = {
  f32: { meanError: 1e-4, largestError: 1e-3 },
  int8: { meanError: 0.15, largestError: 0.6 },
} as const;

export interface Expected {
  readonly probabilities: Float64Array;
  readonly deviation: number;
}

/** Probabilities of every candidate by the served weights, summed in f64. */
export function expectedProbabilities(shape: Shape): Expected {
  const logits = floatLogits(toFloatModel(shape), datasetOf(shape.rows, contextFieldCount(shape)));
  const probabilities = Float64Array.from(logits, (logit) => calibrate(logit, shape.calibration));
  const mean = probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length;
  const deviation = Math.sqrt(probabilities.reduce((sum, p) => sum + (p - mean) ** 2, 0) / probabilities.length);
  return { probabilities, deviation };
}

/** `found` are the first candidates' probabilities. @throws Error where an engine computes something else */
export function checkAgreement(
  engine: string,
  { probabilities, deviation }: Expected,
  found: Float64Array,
  within: Agreement,
): Agreement {
  const errors = Array.from(found, (p, i) => Math.abs(p - (probabilities[i] ?? Number.NaN)) / deviation);
  const agreement = {
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    largestError: errors.reduce((most, error) => (error > most || Number.isNaN(error) ? error : most), 0),
  };
  if (agreement.meanError <= within.meanError && agreement.largestError <= within.largestError) return agreement;
  throw new Error(`${engine} computes something else: ${JSON.stringify(agreement)}, allowed ${JSON.stringify(within)}`);
}

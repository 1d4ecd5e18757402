// Engines that compute different things cannot be compared: each one's probabilities are held against f64 arithmetic.
import { calibrate } from "../../../shared/scoring/calibration.ts";
import { floatLogits } from "../../../training/quantize/float-forward.ts";
import { toFloatModel } from "./float-net.ts";
import { datasetOf } from "./sample.ts";
import { contextFieldCount, type Shape } from "./shape.ts";

export interface Agreement {
  readonly meanError: number;
  readonly largestError: number;
}

/** Probabilities may differ by this much: sums of f32 in another order; 7 or 8 bits of activation in every layer. */
export const TOLERANCES = {
  f32: { meanError: 1e-5, largestError: 1e-4 },
  int8: { meanError: 0.01, largestError: 0.05 },
} as const;

/** Probabilities of a model that tells ads apart; less says nothing. */
const LEAST_DEVIATION = 0.02;

/** Probabilities of every candidate by the served weights in f64 sums. @throws Error where they hardly differ from each other */
export function expectedProbabilities(shape: Shape): Float64Array {
  const logits = floatLogits(toFloatModel(shape), datasetOf(shape.rows, contextFieldCount(shape)));
  const probabilities = Float64Array.from(logits, (logit) => calibrate(logit, shape.calibration));
  const mean = probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length;
  const deviation = Math.sqrt(probabilities.reduce((sum, p) => sum + (p - mean) ** 2, 0) / probabilities.length);
  if (deviation < LEAST_DEVIATION) throw new Error(`${shape.name}: probabilities deviate by ${deviation}; nothing to compare`);
  return probabilities;
}

/** @throws Error where an engine computes something else */
export function checkAgreement(engine: string, expected: Float64Array, found: Float32Array, within: Agreement): Agreement {
  const errors = Array.from(found, (p, i) => Math.abs(p - (expected[i] ?? Number.NaN)));
  const agreement = {
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    largestError: errors.reduce((most, error) => (error > most || Number.isNaN(error) ? error : most), 0),
  };
  if (agreement.meanError <= within.meanError && agreement.largestError <= within.largestError) return agreement;
  throw new Error(`${engine} computes something else: ${JSON.stringify(agreement)}, allowed ${JSON.stringify(within)}`);
}

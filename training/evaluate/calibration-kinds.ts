// The ways to calibrate, each fitted on logits and labels into the form that is served.
import { type Calibration, IDENTITY } from "../../shared/scoring/calibration.ts";
import { fitIsotonic } from "./fit-isotonic.ts";
import { fitLogistic } from "./fit-logistic.ts";

/** Logits of at least one example; targets are smoothed labels (see `smoothLabels`). */
export interface CalibrationSample {
  readonly logits: Float32Array;
  readonly labels: Uint8Array;
  readonly targets: Float64Array;
}

/** A slope below it counts as none: a served probability may not fall as the logit rises. */
const MIN_SLOPE = 1e-10;

/** Slopes of beta calibration above it follow a cliff between a few examples. */
const MAX_SLOPE = 100;

/** Where beta calibration, which is smooth, is sampled: its largest error there is a 500th of the difference of its two slopes. */
const BETA_LOGITS = Array.from({ length: 63 }, (_, index) => (index - 31) / 4);

/** From the simplest on: of two that are as good, the first is taken. */
export const CALIBRATION_KINDS = {
  temperature: fitTemperature,
  platt: fitPlatt,
  beta: fitBeta,
  isotonic: ({ logits, labels, targets }: CalibrationSample) =>
    fitIsotonic(logits, labels, lineOf(fitPlatt({ logits, labels, targets }))),
} as const satisfies Record<string, (sample: CalibrationSample) => Calibration>;

export type CalibrationKind = keyof typeof CALIBRATION_KINDS;

/** One slope (Guo et al., 2017). */
function fitTemperature({ logits, targets }: CalibrationSample): Calibration {
  const [slope = 1] = fitLogistic({ columns: [logits], targets }, [1]);
  return slope > MIN_SLOPE ? { slope, intercept: 0 } : IDENTITY;
}

/** Slope and intercept (Platt, 1999). Logits that rank no better than chance keep slope 1 and only move the intercept. */
function fitPlatt({ logits, targets }: CalibrationSample): Calibration {
  const ones = new Float64Array(logits.length).fill(1);
  const [slope = 1, intercept = 0] = fitLogistic({ columns: [logits, ones], targets }, [1, 0]);
  if (slope > MIN_SLOPE) return { slope, intercept };
  const [shift = 0] = fitLogistic({ columns: [ones], targets }, [0], logits);
  return { slope: 1, intercept: shift };
}

/** f(x) = a ln p - b ln(1 - p) + c with p = sigmoid(x), a and b at least 0 (Kull, Silva Filho and Flach, 2017). */
function fitBeta(sample: CalibrationSample): Calibration {
  const { logits, targets } = sample;
  const ones = new Float64Array(logits.length).fill(1);
  const columns = [Float64Array.from(logits, (x) => -softplus(-x)), Float64Array.from(logits, softplus), ones];
  const [a = 1, b = 1, c = 0] = fitLogistic({ columns, targets }, [1, 1, 0]);
  if (![a, b].every((slope) => slope > MIN_SLOPE && slope < MAX_SLOPE)) return fitPlatt(sample);
  return { logits: BETA_LOGITS, values: BETA_LOGITS.map((x) => -a * softplus(-x) + b * softplus(x) + c) };
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function lineOf(calibration: Calibration): { slope: number; intercept: number } {
  return "slope" in calibration ? calibration : IDENTITY;
}

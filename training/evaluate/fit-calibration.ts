// Chooses how to calibrate: every kind is fitted on the logits that will be served, and judged by examples that it was not fitted on.
import { type Calibration, createCalibrator, IDENTITY } from "../../shared/scoring/calibration.ts";
import { CALIBRATION_KINDS, type CalibrationKind, type CalibrationSample } from "./calibration-kinds.ts";
import { LOGLOSS_MARGIN } from "./metrics.ts";

const FOLDS = 5;

export interface CalibrationChoice {
  readonly kind: CalibrationKind;
  /** Fitted on all examples. */
  readonly calibration: Calibration;
  /** Logloss of each kind over the folds that it was not fitted on; NaN where there are too few examples for folds. */
  readonly loglosses: Readonly<Record<CalibrationKind, number>>;
}

/**
 * The simplest kind that is as good as the best: whose logloss, over five folds, is above the best one's by no more than the standard
 * error of their difference (Breiman et al., 1984). Folds, because isotonic calibration follows the labels that it is fitted on.
 *
 * @example chooseCalibration(validLogits, valid.labels).kind; // "beta"
 */
export function chooseCalibration(logits: Float32Array, labels: Uint8Array): CalibrationChoice {
  if (logits.length !== labels.length) throw new Error(`${logits.length} logits for ${labels.length} labels`);
  const kinds = Object.keys(CALIBRATION_KINDS) as CalibrationKind[]; // its own keys
  const scored = kinds.map((kind) => ({ kind, losses: crossValidate(kind, logits, labels) }));
  const best = scored.reduce((a, b) => (mean(b.losses) < mean(a.losses) ? b : a));
  const { kind } = scored.find(({ losses }) => isAsGood(losses, best.losses)) ?? best;
  const loglosses = Object.fromEntries(scored.map((one) => [one.kind, mean(one.losses)]));
  return {
    kind,
    calibration: logits.length === 0 ? IDENTITY : fitKind(kind, logits, labels),
    loglosses: loglosses as CalibrationChoice["loglosses"], // each kind once
  };
}

function isAsGood(losses: Float64Array, best: Float64Array): boolean {
  const differences = losses.map((loss, index) => loss - (best[index] as number)); // of the same examples
  const average = mean(differences);
  const variance = mean(differences.map((difference) => (difference - average) ** 2));
  return average <= Math.sqrt(variance / differences.length);
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The calibration alone. */
export const fitCalibration = (logits: Float32Array, labels: Uint8Array): Calibration =>
  chooseCalibration(logits, labels).calibration;

/** One kind, whether it is the best or not; at least one example. */
export function fitKind(kind: CalibrationKind, logits: Float32Array, labels: Uint8Array): Calibration {
  const sample: CalibrationSample = { logits, labels, targets: smoothLabels(labels) };
  return CALIBRATION_KINDS[kind](sample);
}

/** Each example's logloss by a fit without its fold; examples are dealt out in turn. Of too few to fit anything: none. */
function crossValidate(kind: CalibrationKind, logits: Float32Array, labels: Uint8Array): Float64Array {
  if (logits.length < 2 * FOLDS) return new Float64Array(0);
  const losses = new Float64Array(logits.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const isFitted = (_: unknown, index: number) => index % FOLDS !== fold;
    const toProbability = createCalibrator(fitKind(kind, logits.filter(isFitted), labels.filter(isFitted)));
    for (let i = fold; i < logits.length; i += FOLDS) {
      const p = toProbability(logits[i]!);
      losses[i] = -Math.log(Math.max(LOGLOSS_MARGIN, labels[i] === 1 ? p : 1 - p));
    }
  }
  return losses;
}

/** (P + 1) / (P + 2) and 1 / (N + 2) for P positives and N negatives (Platt, 1999): separable labels still have a finite answer. */
function smoothLabels(labels: Uint8Array): Float64Array {
  const positiveCount = labels.reduce((sum, label) => sum + label, 0);
  const high = (positiveCount + 1) / (positiveCount + 2);
  const low = 1 / (labels.length - positiveCount + 2);
  return Float64Array.from(labels, (label) => (label === 1 ? high : low));
}

// Fits Platt scaling on logits: Newton's method with a line search (Lin, Lin and Weng, 2007), on Platt's smoothed targets.
import { type Calibration, calibrate, IDENTITY } from "../../shared/scoring/calibration.ts";

const MAX_STEPS = 100;
const MAX_HALVINGS = 40;
/** Step in the slope or the intercept under which the fit has settled. */
const TOLERANCE = 1e-10;

/** First and second derivatives of the mean logloss by slope and intercept. */
interface Curvature {
  readonly bySlope: number;
  readonly byIntercept: number;
  readonly slopeTwice: number;
  readonly mixed: number;
  readonly interceptTwice: number;
}

/** `values` are at least one; `targets` their wanted probabilities, which may be soft. */
interface Sample {
  readonly logits: Float32Array;
  readonly targets: Float64Array;
}

/**
 * The slope and intercept that minimise logloss on `logits`. Targets are (P + 1) / (P + 2) and 1 / (N + 2) for P positives and
 * N negatives, as in Platt (1999), so that separable or one-sided labels still have a finite answer. Logits that rank no
 * better than chance keep slope 1 and only move the intercept, since a served probability may not fall as the logit rises.
 *
 * @example fitCalibration(Float32Array.of(-2, 2, 1), Uint8Array.of(0, 1, 0)).slope;
 */
export function fitCalibration(logits: Float32Array, labels: Uint8Array): Calibration {
  if (logits.length !== labels.length) throw new Error(`${logits.length} logits for ${labels.length} labels`);
  if (logits.length === 0) return IDENTITY;
  const sample = { logits, targets: smoothTargets(labels) };
  const fitted = minimise(sample, IDENTITY, true);
  return fitted.slope > TOLERANCE ? fitted : minimise(sample, IDENTITY, false);
}

function smoothTargets(labels: Uint8Array): Float64Array {
  const positiveCount = labels.reduce((sum, label) => sum + label, 0);
  const high = (positiveCount + 1) / (positiveCount + 2);
  const low = 1 / (labels.length - positiveCount + 2);
  return Float64Array.from(labels, (label) => (label === 1 ? high : low));
}

function minimise(sample: Sample, start: Calibration, withSlope: boolean): Calibration {
  let current = start;
  let loss = meanLoss(sample, current);
  for (let step = 0; step < MAX_STEPS; step++) {
    const direction = newtonStep(curvatureAt(sample, current), withSlope);
    const next = descend(sample, current, loss, direction);
    if (next === null) return current;
    const moved = Math.max(Math.abs(next.at.slope - current.slope), Math.abs(next.at.intercept - current.intercept));
    current = next.at;
    loss = next.loss;
    if (moved < TOLERANCE) return current;
  }
  return current;
}

/** Halves the step until the loss falls; null where no step lowers it, which is the minimum. */
function descend(sample: Sample, from: Calibration, loss: number, step: Calibration): { at: Calibration; loss: number } | null {
  let share = 1;
  for (let halving = 0; halving < MAX_HALVINGS; halving++) {
    const at = { slope: from.slope - share * step.slope, intercept: from.intercept - share * step.intercept };
    const lower = meanLoss(sample, at);
    if (lower < loss) return { at, loss: lower };
    share /= 2;
  }
  return null;
}

function newtonStep(c: Curvature, withSlope: boolean): Calibration {
  const ridge = 1e-12; // keeps a flat direction (all logits equal, or saturated) from dividing by zero
  if (!withSlope) return { slope: 0, intercept: c.byIntercept / (c.interceptTwice + ridge) };
  const [a, b, d] = [c.slopeTwice + ridge, c.mixed, c.interceptTwice + ridge];
  const determinant = a * d - b * b;
  return {
    slope: (d * c.bySlope - b * c.byIntercept) / determinant,
    intercept: (a * c.byIntercept - b * c.bySlope) / determinant,
  };
}

function curvatureAt({ logits, targets }: Sample, at: Calibration): Curvature {
  let [bySlope, byIntercept, slopeTwice, mixed, interceptTwice] = [0, 0, 0, 0, 0];
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] as number; // i is within both arrays
    const p = calibrate(logit, at);
    const error = p - (targets[i] as number);
    const weight = p * (1 - p);
    bySlope += error * logit;
    byIntercept += error;
    slopeTwice += weight * logit * logit;
    mixed += weight * logit;
    interceptTwice += weight;
  }
  const n = logits.length;
  return {
    bySlope: bySlope / n,
    byIntercept: byIntercept / n,
    slopeTwice: slopeTwice / n,
    mixed: mixed / n,
    interceptTwice: interceptTwice / n,
  };
}

/** log(1 + e^z) - t z, written so that neither sign of z overflows. */
function meanLoss({ logits, targets }: Sample, { slope, intercept }: Calibration): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const z = slope * (logits[i] as number) + intercept; // i is within both arrays
    sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (targets[i] as number) * z;
  }
  return sum / logits.length;
}

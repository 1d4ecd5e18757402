// How good a set of probabilities is: ranking (AUC, average precision) and calibration (logloss, ECE). Equal to scikit-learn's.
import type { Metrics } from "../../shared/artifact/manifest.ts";
import { type TiedScores, tieScores } from "./tied-scores.ts";

/** Bins of the expected calibration error. */
export const ECE_BIN_COUNT = 15;

/** Probabilities are kept this far from 0 and 1 in logloss, as scikit-learn does: the step of a 64-bit float at 1. */
export const LOGLOSS_MARGIN = Number.EPSILON;

/** Area under the ROC curve, a tie counting one half (Mann-Whitney U); null where one class is absent. */
export function auc({ positives, negatives, positiveCount, negativeCount }: TiedScores): number | null {
  if (positiveCount === 0 || negativeCount === 0) return null;
  let [below, won] = [0, 0];
  for (let i = 0; i < positives.length; i++) {
    const tied = negatives[i] as number; // i is within the arrays, which are equally long
    won += (positives[i] as number) * (below + tied / 2);
    below += tied;
  }
  return won / (positiveCount * negativeCount);
}

/** Average precision: precision at each distinct threshold, weighted by the recall it adds; null where one class is absent. */
export function prAuc({ positives, negatives, positiveCount, negativeCount }: TiedScores): number | null {
  if (positiveCount === 0 || negativeCount === 0) return null;
  let [taken, found, sum] = [0, 0, 0];
  for (let i = positives.length - 1; i >= 0; i--) {
    const gained = positives[i] as number; // i is within the arrays, which are equally long
    found += gained;
    taken += gained + (negatives[i] as number);
    sum += gained * (found / taken);
  }
  return sum / positiveCount;
}

/** Mean negative log-likelihood in nats. */
export function logloss({ scores, positives, negatives, positiveCount, negativeCount }: TiedScores): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const p = Math.min(1 - LOGLOSS_MARGIN, Math.max(LOGLOSS_MARGIN, scores[i] as number));
    sum -= (positives[i] as number) * Math.log(p) + (negatives[i] as number) * Math.log(1 - p);
  }
  return sum / (positiveCount + negativeCount);
}

/** One bin of equal mass. `scoreSum` is what its examples promise, `positives` what they kept. */
export interface ReliabilityBin {
  readonly count: number;
  readonly positives: number;
  readonly scoreSum: number;
  /** Of the number of positives, were the scores true. */
  readonly variance: number;
}

/**
 * Bins of equal mass, since click rates would crowd into the first bin of equal width; those that hold something. Ties are never
 * divided: a score belongs to bin `floor(bins * examplesBelow / examples)`.
 */
export function reliabilityBins({ scores, positives, negatives, positiveCount, negativeCount }: TiedScores): ReliabilityBin[] {
  const bins = Array.from({ length: ECE_BIN_COUNT }, () => ({ count: 0, positives: 0, scoreSum: 0, variance: 0 }));
  let below = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    const size = positives[i]! + negatives[i]!;
    const bin = bins[Math.floor((ECE_BIN_COUNT * below) / (positiveCount + negativeCount))]!;
    bin.count += size;
    bin.positives += positives[i]!;
    bin.scoreSum += size * score;
    bin.variance += size * score * (1 - score);
    below += size;
  }
  return bins.filter(({ count }) => count > 0);
}

/** Expected calibration error (Guo et al., 2017): how far bins are off, averaged over examples. */
export function ece(tied: TiedScores): number {
  const off = reliabilityBins(tied).reduce((sum, { positives, scoreSum }) => sum + Math.abs(positives - scoreSum), 0);
  return off / (tied.positiveCount + tied.negativeCount);
}

/**
 * What the calibration error would be on average were every score the true probability: the labels' own chance, by the normal
 * approximation. An error about as large says nothing against the scores.
 */
export function eceByChance(tied: TiedScores): number {
  const off = reliabilityBins(tied).reduce((sum, { variance }) => sum + Math.sqrt((2 / Math.PI) * variance), 0);
  return off / (tied.positiveCount + tied.negativeCount);
}

/**
 * All metrics of `probabilities`, against `labels` of 0 or 1; at least one example.
 *
 * @example evaluate(Float64Array.of(0.1, 0.4, 0.35, 0.8), Uint8Array.of(0, 0, 1, 1)).auc; // 0.75
 */
export function evaluate(probabilities: Float64Array, labels: Uint8Array): Metrics {
  if (labels.length === 0) throw new Error("nothing to evaluate");
  const tied = tieScores(probabilities, labels);
  return { auc: auc(tied), prAuc: prAuc(tied), logloss: logloss(tied), ece: ece(tied), examples: labels.length };
}

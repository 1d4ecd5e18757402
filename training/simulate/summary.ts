// What the truth says of a log: click rates under its policy, under random and under the best, and the highest AUC there can be.
import { evaluate } from "../evaluate/metrics.ts";
import type { TruthRow } from "./event-log.ts";

export interface Summary {
  readonly impressions: number;
  readonly clicks: number;
  /** Clicks per impression, as it happened. */
  readonly clickRate: number;
  /** Expected clicks per placement: under the policy, a random choice, and the best. */
  readonly policyRate: number;
  readonly randomRate: number;
  readonly bestRate: number;
  /** AUC of the true probabilities against the clicks that happened; null without clicks. */
  readonly aucCeiling: number | null;
}

export function summarize(truth: readonly TruthRow[]): Summary {
  const seen = truth.filter(({ rendered }) => rendered);
  const probabilities = Float64Array.from(seen, ({ clickProbability }) => clickProbability);
  const labels = Uint8Array.from(seen, ({ clicked }) => Number(clicked));
  const clicks = labels.reduce((sum, label) => sum + label, 0);
  const mean = (of: (row: TruthRow) => number) => truth.reduce((sum, row) => sum + of(row), 0) / truth.length;
  return {
    impressions: seen.length,
    clicks,
    clickRate: clicks / seen.length,
    policyRate: mean(({ clickProbability }) => clickProbability),
    randomRate: mean(({ randomClickProbability }) => randomClickProbability),
    bestRate: mean(({ bestClickProbability }) => bestClickProbability),
    aucCeiling: evaluate(probabilities, labels).auc,
  };
}

// A served model held against the truth: its AUC beside the ceiling, and what a greedy choice by it earns beside a random one.
import { BagWriter } from "../../shared/features/bags.ts";
import { createEncoder } from "../../shared/features/encode.ts";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import { evaluate } from "../evaluate/metrics.ts";
import { readKernelModule } from "../quantize/kernel-module.ts";
import { candidateFeatures, contextFeatures } from "./catalog.ts";
import { type Choice, type Crowd, type Visit, visits } from "./visits.ts";

/** AUCs are over the impressions of a random policy; null without clicks. Rates are expected clicks a placement, by the truth. */
export interface Assessment {
  readonly servedAuc: number | null;
  readonly aucCeiling: number | null;
  readonly greedyRate: number;
  readonly randomRate: number;
  readonly bestRate: number;
}

/**
 * Scores visitors that nobody has learned from, by the kernel that serves.
 *
 * @example assessModel(model, { market, crowd: 2, visitorCount: 5000, firstMs, days: 7, policy: "random" });
 */
export function assessModel(model: ServedModel, crowd: Crowd): Assessment {
  const score = createChoiceScorer(model);
  const [logits, probabilities, labels]: [number[], number[], number[]] = [[], [], []];
  let [greedy, random, best, placementCount] = [0, 0, 0, 0];
  for (const visit of visits(crowd)) {
    for (const choice of visit.choices) {
      const scores = score(visit, choice);
      greedy += choice.probabilities[scores.indexOf(Math.max(...scores))] ?? 0;
      random += choice.probabilities.reduce((sum, p) => sum + p, 0) / choice.probabilities.length;
      best += Math.max(...choice.probabilities);
      placementCount++;
      if (!choice.outcome.rendered) continue;
      logits.push(scores[choice.candidates.indexOf(choice.chosen)] ?? 0);
      probabilities.push(choice.chosenProbability);
      labels.push(Number(choice.outcome.clicked));
    }
  }
  return {
    servedAuc: aucOf(logits.map(sigmoid), labels),
    aucCeiling: aucOf(probabilities, labels),
    greedyRate: greedy / placementCount,
    randomRate: random / placementCount,
    bestRate: best / placementCount,
  };
}

/** Logits of a choice's candidates, from raw features as the Worker would have them. */
function createChoiceScorer(model: ServedModel): (visit: Visit, choice: Choice) => number[] {
  const encoder = createEncoder(model.featureMap);
  const scorer = createKernelScorer(readKernelModule(), model);
  const context = new BagWriter(encoder.context.fieldCount);
  const candidates = new BagWriter(encoder.candidate.fieldCount);
  return ({ visitor, timeMs }, choice) => {
    context.clear();
    candidates.clear();
    encoder.context.encode(contextFeatures(visitor, choice.placement, timeMs), context);
    for (const creative of choice.candidates) encoder.candidate.encode(candidateFeatures(creative), candidates);
    return [...scorer.score(context.view(), candidates.view()).logits];
  };
}

const aucOf = (scores: readonly number[], labels: readonly number[]): number | null =>
  evaluate(Float64Array.from(scores), Uint8Array.from(labels)).auc;

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

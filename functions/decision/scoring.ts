// Candidates -> logits and calibrated probabilities: the context is encoded once for all of them.
import { BagWriter } from "../../shared/features/bags.ts";
import type { RawRecord } from "../../shared/features/encode.ts";
import { calibrate } from "../../shared/scoring/calibration.ts";
import type { EdgeModel } from "../model/model.ts";

export interface Score {
  readonly logit: number;
  readonly probability: number;
}

/**
 * A score for each candidate, in order; null where the model traps or gives a number that is not finite: that is the model's
 * fault and never the request's. A model without candidate fields gives the same score to all of them.
 */
export function scoreCandidates(model: EdgeModel, context: RawRecord, candidates: readonly RawRecord[]): Score[] | null {
  const logits = computeLogits(model, context, candidates);
  if (!logits?.every(Number.isFinite)) return null;
  return logits.map((logit) => ({ logit, probability: calibrate(logit, model.calibration) }));
}

function computeLogits({ encoder, scorer }: EdgeModel, context: RawRecord, candidates: readonly RawRecord[]): number[] | null {
  const contextBags = new BagWriter(encoder.context.fieldCount);
  encoder.context.encode(context, contextBags);
  const candidateBags = new BagWriter(encoder.candidate.fieldCount);
  for (const candidate of candidates) encoder.candidate.encode(candidate, candidateBags);
  try {
    const logits = scorer.score(contextBags.view(), candidateBags.view());
    return candidates.map((_, index) => logits[encoder.candidate.fieldCount === 0 ? 0 : index] ?? Number.NaN);
  } catch {
    return null; // counted by the caller as the fallback "score_failed"
  }
}

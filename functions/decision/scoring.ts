// Candidates -> logits and calibrated probabilities: the context is encoded once for all of them.
import type { RawRecord } from "../../shared/features/encode.ts";
import type { Scores } from "../../shared/scoring/scorer.ts";
import type { EdgeModel } from "../model/model.ts";

export interface Score {
  readonly logit: number;
  readonly probability: number;
}

/**
 * A score for each candidate, in order; null where the model traps or gives a number that is not finite: that is the model's
 * fault and never the request's. A model without candidate fields gives the same score to all of them. `known` candidates are
 * the catalog's own records, which the scorer keeps encoded from one request to the next.
 */
export function scoreCandidates(
  model: EdgeModel,
  context: RawRecord,
  candidates: readonly RawRecord[],
  { known }: { readonly known: boolean },
): Score[] | null {
  try {
    const { logits, probabilities } = computeScores(model, context, candidates, known);
    const scores = candidates.map((_, index) => {
      const at = model.encoder.candidate.fieldCount === 0 ? 0 : index;
      return { logit: logits[at] ?? Number.NaN, probability: probabilities[at] ?? Number.NaN };
    });
    return scores.every(({ logit }) => Number.isFinite(logit)) ? scores : null;
  } catch {
    return null; // counted by the caller as the fallback "score_failed"
  }
}

function computeScores(
  { encoder, scorer, bags }: EdgeModel,
  context: RawRecord,
  candidates: readonly RawRecord[],
  known: boolean,
): Scores {
  bags.context.clear();
  encoder.context.encode(context, bags.context);
  if (known && encoder.candidate.fieldCount > 0 && !encoder.crosses) {
    return scorer.scoreCached(bags.context.view(), candidates, (record, into) => encoder.candidate.encode(record, into));
  }
  bags.candidate.clear();
  for (const candidate of candidates) encoder.candidate.encode(candidate, bags.candidate, context);
  return scorer.score(bags.context.view(), bags.candidate.view());
}

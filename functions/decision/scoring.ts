// Candidates -> logits and calibrated probabilities: the context is encoded once for all of them.
import type { RawRecord } from "../../shared/features/encode.ts";
import type { Scores } from "../../shared/scoring/scorer.ts";
import type { EdgeModel } from "../model/model.ts";

/** Of each candidate, in order; copies, which nothing overwrites. */
export type CandidateScores = Scores;

/**
 * Null where the model traps or gives a number that is not finite: that is the model's fault and never the request's. A model without
 * candidate fields gives the same score to all of them. `known` candidates are the catalog's own records, which the scorer keeps encoded
 * from one request to the next.
 */
export function scoreCandidates(
  model: EdgeModel,
  context: RawRecord,
  candidates: readonly RawRecord[],
  { known }: { readonly known: boolean },
): CandidateScores | null {
  try {
    const { logits, probabilities } = computeScores(model, context, candidates, known);
    if (model.encoder.candidate.fieldCount === 0) return repeat(logits[0], probabilities[0], candidates.length);
    for (let index = 0; index < candidates.length; index++) if (!Number.isFinite(logits[index])) return null;
    return { logits: logits.slice(), probabilities: probabilities.slice() };
  } catch {
    return null; // counted by the caller as the fallback "score_failed"
  }
}

function repeat(logit = Number.NaN, probability = Number.NaN, count: number): CandidateScores | null {
  if (!Number.isFinite(logit)) return null;
  return { logits: new Float32Array(count).fill(logit), probabilities: new Float64Array(count).fill(probability) };
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

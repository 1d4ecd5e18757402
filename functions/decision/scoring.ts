// Candidates -> logits and calibrated probabilities: the context is encoded once for all of them.
import type { BagWriter } from "../../shared/features/bags.ts";
import type { RawRecord } from "../../shared/features/encode.ts";
import type { DrawnScores, Scores } from "../../shared/scoring/scorer.ts";
import type { EdgeModel } from "../model/model.ts";

/** Of each candidate, in order; copies, which nothing overwrites. */
export interface CandidateScores {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
  /** Probabilities under each draw of the posterior, f64 [candidates, drawCount]; null where they were not asked for, or there is none. */
  readonly drawn: Float64Array | null;
  readonly drawCount: number;
}

export interface Scored {
  readonly features: RawRecord;
}

export interface ScoringOptions {
  /** Whether the candidates are the catalog's own, the same objects in every request, which the scorer keeps encoded from one to the next. */
  readonly known: boolean;
  /** Whether the posterior's draws are wanted. */
  readonly withDraws?: boolean;
}

/**
 * Null where the model traps or gives a number that is not finite: that is the model's fault and never the request's. A model without
 * candidate fields gives the same score to all of them, and no draws.
 */
export function scoreCandidates(
  model: EdgeModel,
  context: RawRecord,
  candidates: readonly Scored[],
  { known, withDraws = false }: ScoringOptions,
): CandidateScores | null {
  const { drawCount } = model.scorer;
  try {
    const scores = computeScores(model, context, candidates, known, withDraws && drawCount > 0);
    if (model.encoder.candidate.fieldCount === 0) return repeat(scores, candidates.length);
    const drawn = "drawProbabilities" in scores ? scores.drawProbabilities.slice() : null;
    return copy(scores, candidates.length, drawn, drawCount);
  } catch {
    return null; // counted by the caller as the fallback "score_failed"
  }
}

/** Into plain arrays: for a few dozen numbers, making typed ones takes longer than all else here. */
function copy(from: Scores, count: number, drawn: Float64Array | null, drawCount: number): CandidateScores | null {
  const logits = new Array<number>(count);
  const probabilities = new Array<number>(count);
  for (let index = 0; index < count; index++) {
    const logit = from.logits[index] ?? Number.NaN;
    if (!Number.isFinite(logit)) return null;
    logits[index] = logit;
    probabilities[index] = from.probabilities[index] as number; // one each
  }
  return { logits, probabilities, drawn, drawCount };
}

function repeat(
  { logits: [logit = Number.NaN], probabilities: [probability = Number.NaN] }: Scores,
  count: number,
): CandidateScores | null {
  if (!Number.isFinite(logit)) return null;
  const fill = (value: number) => new Array<number>(count).fill(value);
  return { logits: fill(logit), probabilities: fill(probability), drawn: null, drawCount: 0 };
}

function computeScores(
  { encoder, scorer, bags }: EdgeModel,
  context: RawRecord,
  candidates: readonly Scored[],
  known: boolean,
  withDraws: boolean,
): Scores | DrawnScores {
  bags.context.clear();
  encoder.context.encode(context, bags.context);
  if (known && encoder.candidate.fieldCount > 0 && !encoder.crosses) {
    const encode = ({ features }: Scored, into: BagWriter) => encoder.candidate.encode(features, into);
    const from = bags.context.view();
    return withDraws ? scorer.scoreDrawsCached(from, candidates, encode) : scorer.scoreCached(from, candidates, encode);
  }
  bags.candidate.clear();
  for (const { features } of candidates) encoder.candidate.encode(features, bags.candidate, context);
  return withDraws
    ? scorer.scoreDraws(bags.context.view(), bags.candidate.view())
    : scorer.score(bags.context.view(), bags.candidate.view());
}

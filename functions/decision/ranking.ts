// Best first, by calibrated probability. Equal ones are ordered by creative id, so that a ranking is the same wherever it is made.
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Score } from "./scoring.ts";

export interface Ranked {
  readonly candidate: Candidate;
  /** Null where no model scored it. */
  readonly score: Score | null;
}

/** `scores` in the order of `candidates`, or null where there are none: then the order is that of the ids alone. */
export function rankCandidates(candidates: readonly Candidate[], scores: readonly Score[] | null): Ranked[] {
  return candidates
    .map((candidate, index) => ({ candidate, score: scores?.[index] ?? null }))
    .sort((a, b) => (b.score?.probability ?? 0) - (a.score?.probability ?? 0) || compareIds(a.candidate, b.candidate));
}

/** By code units, not by locale. */
function compareIds(a: Candidate, b: Candidate): number {
  if (a.creativeId === b.creativeId) return 0;
  return a.creativeId < b.creativeId ? -1 : 1;
}

// Successive halving (Jamieson and Talwalkar, 2016; in the form of a bracket of Hyperband, Li et al., 2018): many trials train briefly, the best third longer.
import type { FinishedTrial, TrialRow } from "./trial-row.ts";

/** What each rung keeps of the trials, and gives of the epochs: one in `ETA`. */
export const ETA = 3;

/** A rung trains each of its trials from the start, for `epochs` as the whole length of the task's training: its schedule runs its full course. */
export interface Rung {
  readonly epochs: number;
  readonly trialCount: number;
}

/**
 * As many rungs as leave at least one trial and one epoch to each; the last one has all epochs.
 *
 * @example rungsOf(27, 18); // [{ epochs: 2, trialCount: 27 }, { epochs: 6, trialCount: 9 }, { epochs: 18, trialCount: 3 }]
 */
export function rungsOf(trialCount: number, epochs: number): Rung[] {
  let count = 1;
  while (ETA ** count <= Math.min(trialCount, epochs)) count++;
  return Array.from({ length: count }, (_, rung) => ({
    epochs: Math.floor(epochs / ETA ** (count - 1 - rung)),
    trialCount: Math.floor(trialCount / ETA ** rung),
  }));
}

/** The trials that go on from a rung, best first. One that failed does not, even where fewer than `count` are left. */
export function promote(rows: readonly TrialRow[], count: number): number[] {
  return rank(rows)
    .slice(0, count)
    .map(({ trial }) => trial);
}

/** The highest rung that each trial finished, best first: the one that came furthest, then by validation logloss. */
export function rank(rows: readonly TrialRow[]): FinishedTrial[] {
  const furthest = new Map<number, FinishedTrial>();
  for (const row of rows) {
    if (row.status === "finished" && row.rung > (furthest.get(row.trial)?.rung ?? 0)) furthest.set(row.trial, row);
  }
  return [...furthest.values()].sort((a, b) => b.rung - a.rung || a.valid.logloss - b.valid.logloss || a.trial - b.trial);
}

// Subject -> bucket -> arm of an experiment: computed anywhere, the same everywhere, nothing stored.

import type { Arm, Experiment } from "../catalog/experiment.ts";
import { hashText } from "../features/hash.ts";
import type { Assignment } from "../schemas/decisions.ts";

/** Buckets that subjects fall into, 0..9999; also the unit of `coverage`. */
export const BUCKET_COUNT = 10_000;

/** The two draws of a subject hash the experiment's seed differently, so that neither tells anything of the other. */
const DRAW = { arm: 0, coverage: 1 };

/**
 * A subject's bucket under a seed, 0..9999: the murmur3 hash of the subject, itself seeded by the hash of the seed, modulo 10,000
 * (hash version 1). Nothing is concatenated, so no seed and subject can be confused with another pair.
 *
 * @example bucketOf("layout-test", "visitor-1");
 */
export function bucketOf(seed: string, subjectId: string, draw: keyof typeof DRAW = "arm"): number {
  return hashText(subjectId, hashText(seed, DRAW[draw])) % BUCKET_COUNT;
}

/**
 * The arm that a subject falls into, or null: the experiment is paused, does not cover the subject, or its weights are all 0.
 *
 * Whether a subject takes part and into which arm it falls are two draws. Raising the coverage therefore adds subjects and
 * moves none. The assignment's bucket is the one that chose the arm: arms own contiguous ranges of buckets, in their order,
 * in proportion to their weights.
 *
 * @example assign(experiment, "visitor-1"); // { experimentId: "layout", armId: "wide", bucket: 7313, hashVersion: 1 }
 */
export function assign(experiment: Experiment, subjectId: string): Assignment | null {
  const { id, status, seed, coverage, arms, hashVersion } = experiment;
  if (status === "paused" || bucketOf(seed, subjectId, "coverage") >= coverage) return null;
  const bucket = bucketOf(seed, subjectId);
  const arm = armAt(arms, bucket);
  return arm === null ? null : { experimentId: id, armId: arm.id, bucket, hashVersion };
}

/** Assignments in all experiments that take the subject. */
export function assignAll(experiments: readonly Experiment[], subjectId: string): Assignment[] {
  return experiments.map((experiment) => assign(experiment, subjectId)).filter((assignment) => assignment !== null);
}

function armAt(arms: readonly Arm[], bucket: number): Arm | null {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  let end = 0;
  for (const arm of arms) {
    end += arm.weight;
    if (bucket * total < end * BUCKET_COUNT) return arm; // integers: exact
  }
  return null;
}

// What a scorer is. The wasm kernel and the slow reference both are one, and must agree bit for bit.

import type { Tensor } from "../artifact/safetensors.ts";
import type { Bags, BagWriter } from "../features/bags.ts";
import type { FeatureMap } from "../features/feature-map.ts";
import type { Architecture } from "./architecture.ts";

/** A model ready to be served: everything a scorer is made from. Tensors are named as `Architecture` says. */
export interface ServedModel {
  readonly featureMap: FeatureMap;
  readonly architecture: Architecture;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Of each candidate, in order; views that the scorer's next call overwrites. */
export interface Scores {
  /** Uncalibrated; f32 [candidates]. */
  readonly logits: Float32Array;
  /** Calibrated; f64 [candidates]. */
  readonly probabilities: Float64Array;
}

/** Scores, and what they are under each draw of the posterior: `drawCount` numbers a candidate, one candidate after the other. */
export interface DrawnScores extends Scores {
  /** Uncalibrated; f32 [candidates, drawCount]. */
  readonly drawLogits: Float32Array;
  /** Calibrated; f64 [candidates, drawCount]. */
  readonly drawProbabilities: Float64Array;
}

export interface Scorer {
  /** Draws of the model's posterior; 0 where it has none. */
  readonly drawCount: number;
  /**
   * Scores `candidates.count` candidates in one context (`context.count` = 1), which is encoded once for all of them. A model
   * without candidate fields takes `candidates.fieldCount` = 0 and gives one score.
   */
  score(context: Bags, candidates: Bags): Scores;

  /**
   * As `score`, which costs nothing of this.
   *
   * @throws Error where the model has no posterior: see `drawCount`
   * @example scorer.scoreDraws(context, candidates).drawLogits; // Float32Array [candidates.count * scorer.drawCount]
   */
  scoreDraws(context: Bags, candidates: Bags): DrawnScores;
}

/** A scorer that keeps candidates' parts between requests. */
export interface CachingScorer extends Scorer {
  /**
   * As `score`. A candidate is known by the identity of its key; `encode` is called only for those that are not kept, and appends
   * one example. What a key encodes to must never change.
   *
   * @example scorer.scoreCached(context, creatives, (creative, into) => encoder.candidate.encode(creative.features, into));
   */
  scoreCached<Key extends object>(context: Bags, keys: readonly Key[], encode: (key: Key, into: BagWriter) => void): Scores;

  /** As `scoreCached` and `scoreDraws`. */
  scoreDrawsCached<Key extends object>(
    context: Bags,
    keys: readonly Key[],
    encode: (key: Key, into: BagWriter) => void,
  ): DrawnScores;
}

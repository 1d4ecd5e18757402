// What a scorer is. The wasm kernel and the slow reference both are one, and must agree bit for bit.

import type { Tensor } from "../artifact/safetensors.ts";
import type { Bags } from "../features/bags.ts";
import type { FeatureMap } from "../features/feature-map.ts";
import type { Architecture } from "./architecture.ts";

/** A model ready to be served: everything a scorer is made from. Tensors are named as `Architecture` says. */
export interface ServedModel {
  readonly featureMap: FeatureMap;
  readonly architecture: Architecture;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export interface Scorer {
  /**
   * Logits (uncalibrated, f32) of `candidates.count` candidates in one context; [candidates.count].
   * The context (`context.count` = 1) is encoded once for all of them. A model without candidate fields takes
   * `candidates.fieldCount` = 0 and gives one logit. The result is a view that the next call overwrites.
   */
  score(context: Bags, candidates: Bags): Float32Array;
}

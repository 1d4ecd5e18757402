// A trained model in plain float arrays: what the engine hands to quantization, and what the float metrics are computed from.
import type { FeatureMap } from "../../shared/features/feature-map.ts";

/** `y = W x + b`; `weight` is row-major [outputs, inputs], `bias` [outputs]. Batch norm is already folded in. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** W x + b with W = `up`, or of low rank: W = up * down. Both biases but that of `up` are zeros. */
export interface CrossLayer {
  readonly down: DenseLayer | null;
  readonly up: DenseLayer;
}

/** The terms are those of `Architecture`; `linear` is [rows], `embedding` [rows, embeddingDimension]. */
export interface FloatModel {
  readonly featureMap: FeatureMap;
  readonly embeddingDimension: number;
  readonly bias: number;
  readonly linear: Float32Array | null;
  readonly embedding: Float32Array;
  readonly fm: boolean;
  readonly cross: { readonly layers: readonly CrossLayer[]; readonly head: DenseLayer } | null;
  readonly mlp: { readonly layers: readonly DenseLayer[]; readonly head: DenseLayer } | null;
}

// A trained two-tower model in plain float arrays: the context's tower, and what the items' tower gave for every item.
import type { DenseLayer, FloatModel } from "./float-model.ts";

export interface FloatItems {
  /** In the order of the vectors. */
  readonly ids: readonly string[];
  /** [items, dimension] */
  readonly vectors: Float32Array;
  /** [items] */
  readonly biases: Float32Array;
}

/** score of item i = query . vector i + bias i. The fields are the context's. */
export interface FloatTwoTower extends Pick<FloatModel, "featureMap" | "embeddingDimension" | "embedding"> {
  /** ReLU layers over x0, then one without, whose outputs are the query. */
  readonly tower: { readonly layers: readonly DenseLayer[]; readonly last: DenseLayer };
  readonly items: FloatItems;
}

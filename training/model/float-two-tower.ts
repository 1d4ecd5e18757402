// A trained two-tower model in plain float arrays: both towers, or the context's and what the candidates' tower gave for every item.
import type { DenseLayer, FloatModel } from "./float-model.ts";

/** ReLU layers over a side's columns of x0, then one without. */
export interface FloatTower {
  readonly layers: readonly DenseLayer[];
  readonly last: DenseLayer;
}

/** logit = bias + the context's outputs . the candidate's, of which the last one is added as it is. The fields are both sides'. */
export interface FloatTowers extends Pick<FloatModel, "featureMap" | "embeddingDimension" | "embedding" | "bias"> {
  readonly context: FloatTower;
  readonly candidate: FloatTower;
}

export interface FloatItems {
  /** In the order of the vectors. */
  readonly ids: readonly string[];
  /** [items, dimension] */
  readonly vectors: Float32Array;
  /** [items] */
  readonly biases: Float32Array;
}

/** A tower with the fields of its side. */
export interface FloatSide extends Pick<FloatModel, "featureMap" | "embeddingDimension" | "embedding"> {
  readonly tower: FloatTower;
}

/** score of item i = query . vector i + bias i. The tower, whose outputs are the query, and the fields are the context's. */
export interface FloatTwoTower extends FloatSide {
  readonly items: FloatItems;
}

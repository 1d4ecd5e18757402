// A float tower's queries, plainly and one context at a time: what quantization is calibrated on and compared with.
import type { Bags } from "../../shared/features/bags.ts";
import type { FloatModel } from "../model/float-model.ts";
import type { FloatTwoTower } from "../model/float-two-tower.ts";
import { FloatForward, multiply } from "./float-forward.ts";

export const NO_CANDIDATES: Bags = {
  fieldCount: 0,
  count: 0,
  offsets: new Int32Array(1),
  rows: new Int32Array(),
  weights: new Float32Array(),
};

/** The tower as an MLP whose head has an output for each of the query's dimensions. */
export function asMlp({ featureMap, embeddingDimension, embedding, tower }: FloatTwoTower): FloatModel {
  const mlp = { layers: tower.layers, head: tower.last };
  return { featureMap, embeddingDimension, embedding, bias: 0, linear: null, fm: false, cross: null, mlp };
}

/** [contexts][dimension]. */
export function floatQueries(model: FloatTwoTower, contexts: Bags): Float32Array[] {
  const queries: Float32Array[] = [];
  const forward = new FloatForward(asMlp(model), (layer, input) => {
    if (layer === "mlp.head") queries.push(multiply(model.tower.last, input));
  });
  for (let example = 0; example < contexts.count; example++) forward.logit(contexts, NO_CANDIDATES, example);
  return queries;
}

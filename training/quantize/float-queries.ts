// What float towers give, plainly and one example at a time: what quantization is calibrated on and compared with.
import type { Bags } from "../../shared/features/bags.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import type { FloatModel } from "../model/float-model.ts";
import type { FloatItems, FloatSide, FloatTowers, FloatTwoTower } from "../model/float-two-tower.ts";
import { FloatForward, multiply } from "./float-forward.ts";

/** Of a side that has no fields. */
export const NO_BAGS: Bags = {
  fieldCount: 0,
  count: 0,
  offsets: new Int32Array(1),
  rows: new Int32Array(),
  weights: new Float32Array(),
};

/** The tower as an MLP whose head has an output for each of the tower's. */
export function asMlp({ featureMap, embeddingDimension, embedding, tower }: FloatSide): FloatModel {
  const mlp = { layers: tower.layers, head: tower.last };
  return { featureMap, embeddingDimension, embedding, bias: 0, linear: null, fm: false, cross: null, mlp };
}

/** [contexts][dimension]. */
export function floatQueries(model: FloatSide, contexts: Bags): Float32Array[] {
  return runTower(model, contexts, NO_BAGS);
}

/** The two-tower model whose items have the given ids and candidates, one each. */
export function withItems(towers: FloatTowers, ids: readonly string[], candidates: Bags): FloatTwoTower {
  const dimension = towers.context.last.outputs;
  const vectors = new Float32Array(ids.length * dimension);
  const biases = new Float32Array(ids.length);
  for (const [item, output] of runTower(sideOf(towers, "candidate"), NO_BAGS, candidates).entries()) {
    vectors.set(output.subarray(0, dimension), item * dimension);
    biases[item] = output[dimension]! + towers.bias;
  }
  return { ...sideOf(towers, "context"), items: { ids, vectors, biases } };
}

/** query . vector + bias of one item. */
export function floatScore({ vectors, biases }: FloatItems, query: Float32Array, item: number): number {
  return query.reduce((sum, q, k) => sum + q * vectors[item * query.length + k]!, biases[item]!);
}

/** Rows keep their numbers; the context's, which are the first, are all that its side needs. */
function sideOf({ featureMap, embeddingDimension, embedding, ...towers }: FloatTowers, from: "context" | "candidate"): FloatSide {
  const fields = featureMap.fields.filter((field) => field.from === from);
  const rowCount = fields.reduce((end, field) => Math.max(end, field.firstRow + field.rowCount), 0);
  const own: FeatureMap = { ...featureMap, fields, rowCount };
  return {
    featureMap: own,
    embeddingDimension,
    embedding: embedding.subarray(0, rowCount * embeddingDimension),
    tower: towers[from],
  };
}

function runTower(side: FloatSide, contexts: Bags, candidates: Bags): Float32Array[] {
  const outputs: Float32Array[] = [];
  const forward = new FloatForward(asMlp(side), (layer, input) => {
    if (layer === "mlp.head") outputs.push(multiply(side.tower.last, input));
  });
  const count = Math.max(contexts.count, candidates.count); // one of them has none
  for (let example = 0; example < count; example++) forward.logit(contexts, candidates, example);
  return outputs;
}

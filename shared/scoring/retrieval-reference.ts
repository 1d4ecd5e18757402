// The slow, obvious retriever: every item scored and all of them sorted. The wasm kernel must equal it bit for bit.
import { layoutFields } from "../features/feature-map.ts";
import { applyLayer, encodeSide, roundAll, toActivations } from "./reference.ts";
import type { Best, Retriever } from "./retriever.ts";
import type { ServedModel } from "./scorer.ts";
import { readId, type ServedItems, servedItems } from "./served-items.ts";
import { type ServedLayer, servedLayers } from "./served-layers.ts";
import { validateServedModel } from "./validate-served-model.ts";

const f32 = Math.fround;

/**
 * Retrieves by the integer arithmetic of `Architecture`. For tests and for the curious.
 *
 * @throws CodedError `model_invalid`
 * @throws Error where the model has no retrieval; from `retrieve` where bags hold rows that are not their field's
 * @example createReferenceRetriever(model).retrieve(context, 200).indices; // Int32Array [200]
 */
export function createReferenceRetriever(model: ServedModel): Retriever {
  validateServedModel(model);
  const items = servedItems(model);
  const fields = layoutFields(model.featureMap, model.architecture.embeddingDimension).filter(
    ({ field }) => field.from === "context",
  );
  return {
    itemCount: items.count,
    retrieve(context, wanted) {
      const { columns } = encodeSide(model, fields, context, 0);
      const query = queryOf(servedLayers("tower", model, columns.length), columns);
      return selectBest(scoreItems(items, roundAll(items, query)), wanted);
    },
    selectBest,
    idOf: (item) => readId(items.ids, item),
  };
}

/** ReLU layers, then a linear one; each gives its outputs in units of the next one's scale, whose lowest activation, 0, is the ReLU. */
function queryOf(layers: readonly ServedLayer[], x0: readonly number[]): number[] {
  const [first, ...others] = layers as [ServedLayer, ...ServedLayer[]]; // there is one at least
  return others.reduce((x, layer) => applyLayer(layer, roundAll(layer, x)), applyLayer(first, toActivations(first, x0)));
}

function scoreItems({ count, dimension, vector, factor, bias }: ServedItems, query: readonly number[]): Float32Array {
  return Float32Array.from({ length: count }, (_, j) => {
    const sum = query.reduce((total, a, k) => total + a * (vector[j * dimension + k] as number), 0); // exact: an i32
    return f32(f32(f32(sum) * (factor[j] as number)) + (bias[j] as number)); // [count]
  });
}

function selectBest(scores: Float32Array, wanted: number): Best {
  const rankable = scores.map((score) => score + 0); // no -0
  const at = (i: number) => rankable[i] as number; // an index of `scores`
  const order = Array.from(scores.keys()).sort((i, j) => compare(at(i), at(j)) || i - j);
  const indices = Int32Array.from(order.slice(0, wanted));
  return { indices, scores: Float32Array.from(indices, at) };
}

/** Higher numbers first, NaN last. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a > b ? -1 : 1; // infinities cannot be subtracted
}

// Float two-tower model -> served model with retrieval: an int8 tower, and the items' vectors as int8 with a scale each.
import type { Tensor } from "../../shared/artifact/safetensors.ts";
import type { Bags } from "../../shared/features/bags.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Architecture, activationRange } from "../../shared/scoring/architecture.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import { validateServedModel } from "../../shared/scoring/validate-served-model.ts";
import type { FloatItems, FloatTwoTower } from "../model/float-two-tower.ts";
import { asMlp, floatQueries, NO_BAGS } from "./float-queries.ts";
import { type ChosenInput, chooseInputs } from "./layer-inputs.ts";
import { addEmbedding, addLayer, vector } from "./quantize.ts";
import { quantizeRows } from "./quantize-rows.ts";

/** The tower runs once a request: 7 bits would cost recall (of random towers' best 200 another 1 to 4 in 100) and save nothing. */
const TOWER_BITS = 11;

/** A dimension's reach is at least this share of the largest one's: what was hardly ever seen may still come. */
const SMALLEST_SHARE = 0.01;

/**
 * `contexts` calibrates the scales of the tower's activations and of the query: those of the validation split.
 *
 * @throws CodedError `item_id_empty` or `item_id_duplicate` (path: `items.ids[i]`); `model_invalid` where a trained weight is not
 * finite, vectors and ids are not as many, or a layer is too wide to be served
 * @example const served = quantizeTwoTower(floatTwoTower, splits.valid.context);
 */
export function quantizeTwoTower(
  model: FloatTwoTower,
  contexts: Bags,
  { embeddingBits }: Pick<Architecture, "embeddingBits"> = { embeddingBits: 8 },
): ServedModel {
  const { tower, items } = balance(model, contexts);
  const sample = { context: contexts, candidate: NO_BAGS, labels: new Uint8Array(contexts.count), timesMs: null };
  const chosen = chooseInputs(asMlp(model), sample, TOWER_BITS);
  const layers = [...tower.layers, tower.last];
  const inputs = layers.map((_, l) => chosen.get(l === tower.layers.length ? "mlp.head" : `mlp.${l}`) as ChosenInput); // all are there
  const tensors = new Map<string, Tensor>([["bias", vector(new Float32Array(1))]]);
  addEmbedding(tensors, model, embeddingBits);
  for (const [l, layer] of layers.entries()) addLayer(tensors, `tower.${l}`, layer, inputs[l] as ChosenInput); // as many
  addItems(tensors, items, tower.last.outputs);
  const retrieval = {
    items: items.ids.length,
    dimension: tower.last.outputs,
    hidden: tower.layers.map(({ outputs }) => outputs),
    inputs: inputs.map(({ input }) => input),
    queryScale: 1 / activationRange(7, true)[1], // queries are balanced: they reach 1
  };
  const { featureMap, embeddingDimension } = model;
  const terms = { linear: false, fm: false, cross: null, mlp: null, posterior: null } as const;
  const architecture = { embeddingDimension, embeddingBits, ...terms, retrieval };
  const served = { featureMap, architecture, tensors };
  validateServedModel(served);
  return served;
}

/** Divides each dimension of the query by what it reaches, and multiplies the items' by it: the same scores, and 7 bits all used. */
function balance(model: FloatTwoTower, contexts: Bags): Pick<FloatTwoTower, "tower" | "items"> {
  const { layers, last } = model.tower;
  const reach = reachOf(floatQueries(model, contexts), last.outputs);
  const at = (k: number) => reach[k] as number; // [dimension]
  const weight = last.weight.map((w, i) => w / at(Math.floor(i / last.inputs)));
  const bias = last.bias.map((b, k) => b / at(k));
  const vectors = model.items.vectors.map((v, i) => v * at(i % last.outputs));
  return { tower: { layers, last: { ...last, weight, bias } }, items: { ...model.items, vectors } };
}

/** Largest magnitude of each dimension; 1 where there is none. */
function reachOf(queries: readonly Float32Array[], dimension: number): Float32Array {
  const reach = new Float32Array(dimension);
  for (const query of queries) reach.set(reach.map((most, k) => Math.max(most, Math.abs(query[k] as number)))); // [dimension]
  const smallest = reach.reduce((most, x) => Math.max(most, x), 0) * SMALLEST_SHARE;
  return reach.map((most) => Math.max(most, smallest) || 1);
}

function addItems(tensors: Map<string, Tensor>, { ids, vectors, biases }: FloatItems, dimension: number): void {
  const { values, scales } = quantizeRows(vectors, dimension);
  tensors.set("items.vector", { dtype: "I8", shape: [scales.length, dimension], data: values });
  tensors.set("items.scale", vector(scales));
  tensors.set("items.bias", vector(biases));
  const { bytes, ends } = encodeIds(ids);
  tensors.set("items.id", { dtype: "I8", shape: [bytes.length], data: bytes });
  tensors.set("items.idEnd", { dtype: "I32", shape: [ends.length], data: ends });
}

function encodeIds(ids: readonly string[]): { bytes: Int8Array; ends: Int32Array } {
  const seen = new Set<string>();
  for (const [i, id] of ids.entries()) {
    if (id === "") throw new CodedError("item_id_empty", `items.ids[${i}]`, "an item needs an id to be found by");
    if (seen.has(id)) throw new CodedError("item_id_duplicate", `items.ids[${i}]`, `${id} is there twice; give each item once`);
    seen.add(id);
  }
  const encoder = new TextEncoder();
  const encoded = ids.map((id) => encoder.encode(id));
  const ends = new Int32Array(ids.length);
  let end = 0;
  for (const [i, { length }] of encoded.entries()) ends[i] = end += length;
  const bytes = new Int8Array(end);
  for (const [i, id] of encoded.entries()) bytes.set(id, ends[i - 1] ?? 0);
  return { bytes, ends };
}

// The slow, obvious scorer: one function a term, every f32 step rounded where it is written. The wasm kernel must equal it bit for bit.
import type { Bags } from "../features/bags.ts";
import { type FieldLayout, layoutFields } from "../features/feature-map.ts";
import { ACTIVATION_MAX } from "./architecture.ts";
import type { Scorer, ServedModel } from "./scorer.ts";
import { float32Tensor, int8Tensor, type ServedLayer, servedLayers } from "./served-layers.ts";
import { usesColumns, validateServedModel } from "./validate-served-model.ts";

const f32 = Math.fround;

/** One side of one example: its columns of x0, its linear sum, and per dimension the sums of v and of v * v over embedded fields. */
interface EncodedSide {
  readonly columns: number[];
  readonly linear: number;
  readonly sums: number[];
  readonly squares: number[];
}

/**
 * Scores by the integer arithmetic of `Architecture`, as written here and nowhere else. For tests and for the curious.
 *
 * @throws CodedError `model_invalid`
 * @throws Error where bags hold rows that are not their field's
 * @example createReferenceScorer(model).score(context, candidates); // Float32Array [candidates.count]
 */
export function createReferenceScorer(model: ServedModel): Scorer {
  validateServedModel(model);
  const layout = layoutFields(model.featureMap, model.architecture.embeddingDimension);
  const contextFields = layout.filter(({ field }) => field.from === "context");
  const candidateFields = layout.filter(({ field }) => field.from === "candidate");
  return {
    score(context, candidates) {
      const count = candidateFields.length === 0 ? 1 : candidates.count;
      const encoded = encodeSide(model, contextFields, context, 0);
      return Float32Array.from({ length: count }, (_, i) =>
        scoreOne(model, encoded, encodeSide(model, candidateFields, candidates, i)),
      );
    },
  };
}

function scoreOne(model: ServedModel, context: EncodedSide, candidate: EncodedSide): number {
  const { linear, fm, cross, mlp } = model.architecture;
  const x0 = [...context.columns, ...candidate.columns];
  let logit = float32Tensor(model, "bias")[0] as number; // validated: [1]
  if (linear) logit = f32(logit + f32(context.linear + candidate.linear));
  if (fm) logit = f32(logit + interactions(context, candidate));
  if (cross) logit = f32(logit + crossNet(servedLayers("cross", model, x0.length), x0));
  if (mlp) logit = f32(logit + denseNet(servedLayers("mlp", model, x0.length), x0));
  return logit;
}

function encodeSide(model: ServedModel, fields: readonly FieldLayout[], bags: Bags, example: number): EncodedSide {
  const { embeddingDimension, linear } = model.architecture;
  const sums = new Array<number>(embeddingDimension).fill(0);
  const squares = new Array<number>(embeddingDimension).fill(0);
  const columns: number[] = [];
  let linearSum = 0;
  for (const [f, layout] of fields.entries()) {
    const bag = readBag(bags, example * fields.length + f, layout);
    if (linear)
      for (const [row, weight] of bag) linearSum = f32(linearSum + f32(weight * at(float32Tensor(model, "linear"), row)));
    if (!usesColumns(model.architecture)) continue;
    const vector = layout.embedded ? embed(model, bag) : putValues(layout, bag);
    columns.push(...vector);
    if (!layout.embedded) continue;
    for (const [k, v] of vector.entries()) {
      sums[k] = f32(at(sums, k) + v);
      squares[k] = f32(at(squares, k) + f32(v * v));
    }
  }
  return { columns, linear: linearSum, sums, squares };
}

/** The (row, weight) pairs of a bag, each row of its field. */
function readBag({ offsets, rows, weights }: Bags, bag: number, { field, embedded, firstValueRow, columnCount }: FieldLayout) {
  const pairs: [row: number, weight: number][] = [];
  const firstRow = embedded ? field.firstRow : firstValueRow;
  const endRow = firstRow + (embedded ? field.rowCount : columnCount);
  for (let k = at(offsets, bag); k < at(offsets, bag + 1); k++) {
    const row = at(rows, k);
    if (row < firstRow || row >= endRow) throw new Error(`row ${row} is not of field ${field.name}`);
    pairs.push([row, at(weights, k)]);
  }
  return pairs;
}

/** Weighted sum of the bag's rows, in its order. */
function embed(model: ServedModel, bag: readonly [number, number][]): number[] {
  const { embeddingDimension } = model.architecture;
  const table = int8Tensor(model, "embedding");
  const scales = float32Tensor(model, "embedding.scale");
  return Array.from({ length: embeddingDimension }, (_, k) => {
    let sum = 0;
    for (const [row, weight] of bag)
      sum = f32(sum + f32(at(table, row * embeddingDimension + k) * f32(at(scales, row) * weight)));
    return sum;
  });
}

/** A field that goes in by value: each column is the sum of its row's weights. */
function putValues({ firstValueRow, columnCount }: FieldLayout, bag: readonly [number, number][]): number[] {
  const columns = new Array<number>(columnCount).fill(0);
  for (const [row, weight] of bag) columns[row - firstValueRow] = f32(at(columns, row - firstValueRow) + weight);
  return columns;
}

/** 1/2 * sum over dimensions of ((sum v)^2 - sum v^2) (Rendle, 2010). */
function interactions(context: EncodedSide, candidate: EncodedSide): number {
  let total = 0;
  for (let k = 0; k < context.sums.length; k++) {
    const sum = f32(at(context.sums, k) + at(candidate.sums, k));
    const squares = f32(at(context.squares, k) + at(candidate.squares, k));
    total = f32(total + f32(f32(sum * sum) - squares));
  }
  return f32(0.5 * total);
}

/** x_{l+1} = x0 * (W_l x_l + b_l) + x_l, then a linear head (DCN-v2, Wang et al., 2021). */
function crossNet(layers: readonly ServedLayer[], x0: readonly number[]): number {
  let x = x0;
  for (const layer of layers.slice(0, -1)) {
    const previous = x;
    x = applyLayer(layer, x).map((u, j) => f32(f32(at(x0, j) * u) + at(previous, j)));
  }
  return applyHead(layers, x);
}

/** ReLU layers, then a linear head. */
function denseNet(layers: readonly ServedLayer[], x0: readonly number[]): number {
  let x = x0;
  for (const layer of layers.slice(0, -1)) x = applyLayer(layer, x).map((y) => (y > 0 ? y : 0));
  return applyHead(layers, x);
}

function applyHead(layers: readonly ServedLayer[], x: readonly number[]): number {
  return at(applyLayer(layers.at(-1) as ServedLayer, x), 0); // the head is always there
}

/** y_j = f32(sum_i weight[j, i] * a_i) * factor_j + bias_j, where a_i are the integer activations of x. */
function applyLayer({ inputs, outputs, inputScale, weight, factor, bias }: ServedLayer, x: readonly number[]): number[] {
  const activations = x.map((value) => toActivation(value, f32(inputScale)));
  return Array.from({ length: outputs }, (_, j) => {
    let sum = 0; // exact: an i32
    for (let i = 0; i < inputs; i++) sum += at(weight, j * inputs + i) * at(activations, i);
    return f32(f32(f32(sum) * at(factor, j)) + at(bias, j));
  });
}

/** x / scale, rounded half to even and clamped; NaN gives 0. */
function toActivation(x: number, scale: number): number {
  const rounded = roundHalfToEven(f32(x / scale));
  return Number.isNaN(rounded) ? 0 : Math.min(Math.max(rounded, -ACTIVATION_MAX), ACTIVATION_MAX);
}

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number; // in range: the model was validated, and `readBag` checks rows
}

// The slow, obvious scorer: one function a term, every f32 step rounded where it is written. The wasm kernel must equal it bit for bit.
import type { Bags } from "../features/bags.ts";
import { type FieldLayout, inputWidth, layoutFields } from "../features/feature-map.ts";
import { type Calibration, calibrate, IDENTITY } from "./calibration.ts";
import { roundHalfToEven } from "./elementary.ts";
import { type RowDraws, rowDrawsOf } from "./row-draws.ts";
import type { DrawnScores, Scorer, Scores, ServedModel } from "./scorer.ts";
import { float32Tensor, int8Tensor, isDown, posteriorLayers, type ServedLayer, servedLayers } from "./served-layers.ts";
import { usesColumns, validateServedModel } from "./validate-served-model.ts";

const f32 = Math.fround;

/** One side of one example: its columns of x0, its linear sum, and per dimension the sums of v and of v * v over embedded fields. */
export interface EncodedSide {
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
 * @example createReferenceScorer(model).score(context, candidates).logits; // Float32Array [candidates.count]
 */
export function createReferenceScorer(model: ServedModel, calibration: Calibration = IDENTITY): Scorer {
  validateServedModel(model);
  const layout = layoutFields(model.featureMap, model.architecture.embeddingDimension);
  const contextFields = layout.filter(({ field }) => field.from === "context");
  const candidateFields = layout.filter(({ field }) => field.from === "candidate");
  const rowDraws = rowDrawsOf(model);
  const drawCount = model.architecture.posterior?.draws ?? 0;

  function scoreAll(context: Bags, candidates: Bags): { scored: ScoredOne[]; scores: Scores } {
    const count = candidateFields.length === 0 ? 1 : candidates.count;
    const encoded = encodeSide(model, contextFields, context, 0);
    const scored = Array.from({ length: count }, (_, i) =>
      scoreOne(model, encoded, encodeSide(model, candidateFields, candidates, i)),
    );
    const logits = Float32Array.from(scored, ({ logit }) => logit);
    return { scored, scores: { logits, probabilities: Float64Array.from(logits, (logit) => calibrate(logit, calibration)) } };
  }

  return {
    drawCount,
    score: (context, candidates) => scoreAll(context, candidates).scores,
    scoreDraws(context, candidates): DrawnScores {
      if (drawCount === 0) throw new Error("the model has no posterior to draw from");
      const { scored, scores } = scoreAll(context, candidates);
      const drawLogits = Float32Array.from(
        scored.flatMap((one, i) =>
          deviations(model, one, rowDraws, candidates, i).map((deviation) => f32(one.logit + deviation)),
        ),
      );
      return {
        ...scores,
        drawLogits,
        drawProbabilities: Float64Array.from(drawLogits, (logit) => calibrate(logit, calibration)),
      };
    },
  };
}

/** A logit, and the integers that the heads read on the way to it; null where the model has no such head. */
export interface ScoredOne {
  readonly logit: number;
  readonly crossHead: readonly number[] | null;
  readonly mlpHead: readonly number[] | null;
}

/** One candidate's. The model must have passed `validateServedModel`. */
export function scoreOne(model: ServedModel, context: EncodedSide, candidate: EncodedSide): ScoredOne {
  const { linear, fm, cross, mlp } = model.architecture;
  const x0 = [...context.columns, ...candidate.columns];
  const [crossLayers, mlpLayers] = [servedLayers("cross", model, x0.length), servedLayers("mlp", model, x0.length)];
  const crossHead = cross && crossNet(crossLayers, x0);
  const mlpHead = mlp && denseNet(mlpLayers, x0);
  let logit = float32Tensor(model, "bias")[0] as number; // validated: [1]
  if (linear) logit = f32(logit + f32(context.linear + candidate.linear));
  if (fm) logit = f32(logit + interactions(context, candidate));
  if (crossHead) logit = f32(logit + at(applyLayer(crossLayers.at(-1) as ServedLayer, crossHead), 0)); // the head is always there
  if (mlpHead) logit = f32(logit + at(applyLayer(mlpLayers.at(-1) as ServedLayer, mlpHead), 0)); // as above
  return { logit, crossHead, mlpHead };
}

/** What each draw adds to the logit: its bias, then the rows', the cross net's and the MLP's. */
function deviations(
  model: ServedModel,
  { crossHead, mlpHead }: ScoredOne,
  rowDraws: readonly (RowDraws | null)[],
  candidates: Bags,
  example: number,
): number[] {
  const biases = [...float32Tensor(model, "posterior.bias")];
  let sums = biases;
  if (rowDraws.some((draws) => draws !== null)) {
    const rows = sumRows(rowDraws, biases.length, candidates, example);
    sums = sums.map((sum, m) => f32(sum + at(rows, m)));
  }
  const width = inputWidth(layoutFields(model.featureMap, model.architecture.embeddingDimension));
  for (const layer of posteriorLayers(model, width)) {
    const head = layer.name === "posterior.cross" ? crossHead : mlpHead;
    const outputs = applyLayer(layer, head as readonly number[]); // there is a layer only beside a head
    sums = sums.map((sum, m) => f32(sum + at(outputs, m)));
  }
  return sums;
}

/** Each field's weighted sum of rows, in its bag's order and from 0, added up field by field. */
function sumRows(rowDraws: readonly (RowDraws | null)[], drawCount: number, bags: Bags, example: number): number[] {
  const total = new Array<number>(drawCount).fill(0);
  for (const [f, draws] of rowDraws.entries()) {
    if (draws === null) continue;
    const bag = example * rowDraws.length + f;
    for (let m = 0; m < drawCount; m++) {
      let sum = 0;
      for (let k = at(bags.offsets, bag); k < at(bags.offsets, bag + 1); k++) {
        const row = at(bags.rows, k) - draws.firstRow;
        sum = f32(sum + f32(at(draws.weight, row * drawCount + m) * f32(at(draws.scale, row) * at(bags.weights, k))));
      }
      total[m] = f32(at(total, m) + sum);
    }
  }
  return total;
}

export function encodeSide(model: ServedModel, fields: readonly FieldLayout[], bags: Bags, example: number): EncodedSide {
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
  const scales = float32Tensor(model, "embedding.scale");
  return Array.from({ length: embeddingDimension }, (_, k) => {
    let sum = 0;
    for (const [row, weight] of bag) sum = f32(sum + f32(numberAt(model, row, k) * f32(at(scales, row) * weight)));
    return sum;
  });
}

/** Integer of the table at a row and a column. */
function numberAt(model: ServedModel, row: number, column: number): number {
  const { embeddingBits, embeddingDimension } = model.architecture;
  const table = int8Tensor(model, "embedding");
  if (embeddingBits === 8) return at(table, row * embeddingDimension + column);
  const byte = at(table, row * Math.ceil(embeddingDimension / 2) + (column >> 1));
  return column % 2 === 0 ? (byte << 28) >> 28 : byte >> 4;
}

/** A field that goes in by value: each column is the sum of its row's weights. */
function putValues({ firstValueRow, columnCount }: FieldLayout, bag: readonly [number, number][]): number[] {
  const columns = new Array<number>(columnCount).fill(0);
  for (const [row, weight] of bag) columns[row - firstValueRow] = f32(at(columns, row - firstValueRow) + weight);
  return columns;
}

/** 1/2 * sum over dimensions of ((sum v)^2 - sum v^2) (Rendle, 2010). Every fourth dimension is added up in one lane; then the lanes. */
function interactions(context: EncodedSide, candidate: EncodedSide): number {
  const lanes = [0, 0, 0, 0];
  for (let k = 0; k < context.sums.length; k++) {
    const sum = f32(at(context.sums, k) + at(candidate.sums, k));
    const squares = f32(at(context.squares, k) + at(candidate.squares, k));
    lanes[k % 4] = f32(at(lanes, k % 4) + f32(f32(sum * sum) - squares));
  }
  const [a, b, c, d] = lanes as [number, number, number, number]; // there are four
  return f32(0.5 * f32(f32(a + b) + f32(c + d)));
}

/** x_{l+1} = x0 * (W_l x_l + b_l) + x_l (DCN-v2, Wang et al., 2021), as the linear head reads it. W_l may be two layers, down and up. */
function crossNet(layers: readonly ServedLayer[], x0: readonly number[]): number[] {
  let x = x0;
  let activations: number[] | null = null;
  for (const [l, layer] of layers.slice(0, -1).entries()) {
    activations ??= toActivations(layer, x);
    const output = applyLayer(layer, activations);
    if (isDown(layer)) {
      activations = roundAll(layers[l + 1] as ServedLayer, output); // an up layer follows
      continue;
    }
    const previous = x;
    x = output.map((u, j) => f32(f32(at(x0, j) * u) + at(previous, j)));
    activations = null;
  }
  const head = layers.at(-1) as ServedLayer; // always there
  return toActivations(head, x);
}

/** ReLU layers, as the linear head reads them. Outputs come in units of the next layer's scale, whose lowest activation, 0, is the ReLU. */
function denseNet(layers: readonly ServedLayer[], x0: readonly number[]): number[] {
  let activations = toActivations(layers[0] as ServedLayer, x0); // the head is always there
  for (const [l, layer] of layers.slice(0, -1).entries()) {
    activations = roundAll(layers[l + 1] as ServedLayer, applyLayer(layer, activations)); // as sliced
  }
  return activations;
}

/** y_j = f32(sum_i weight[j, i] * a_i) * factor_j + bias_j. */
export function applyLayer({ inputs, outputs, weight, factor, bias }: ServedLayer, activations: readonly number[]): number[] {
  return Array.from({ length: outputs }, (_, j) => {
    let sum = 0; // exact: an i32
    for (let i = 0; i < inputs; i++) sum += at(weight, j * inputs + i) * at(activations, i);
    return f32(f32(f32(sum) * at(factor, j)) + at(bias, j));
  });
}

/** Activations of f32 inputs. */
export function toActivations(layer: ServedLayer, x: readonly number[]): number[] {
  return roundAll(
    layer,
    x.map((value, i) => f32(value * at(layer.inverses, i))),
  );
}

/** Clamped, and rounded half to even; NaN gives the lowest. */
export function roundAll({ lowest, highest }: Pick<ServedLayer, "lowest" | "highest">, values: readonly number[]): number[] {
  return values.map((y) => roundHalfToEven(y > lowest ? Math.min(y, highest) : lowest));
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number; // in range: the model was validated, and `readBag` checks rows
}

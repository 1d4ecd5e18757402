// Which integers each dense layer takes its inputs as: the cheapest that a trained model does not feel.

import { type FieldLayout, layoutFields } from "../../shared/features/feature-map.ts";
import { activationRange, type LayerInput } from "../../shared/scoring/architecture.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { readExamples, spreadEvenly } from "../dataset/select-examples.ts";
import { countOf, type Examples, isOnDisk } from "../dataset/shards.ts";
import type { DenseLayer, FloatModel } from "../model/float-model.ts";
import { FloatForward } from "./float-forward.ts";

/** Most examples, spread evenly over the sample, that calibration looks at. */
const EXAMPLE_COUNT = 4096;

/**
 * Largest activation that can be served, by the largest seen. With 7 bits, room costs more than it saves: twice the largest seen lost
 * 2e-4 AUC on Frappe and on the simulator, .7 of it 4e-4 and 2e-4. With 11 a step is so fine that clipping costs more.
 */
const HEADROOM = { 7: 1, 11: 2 } as const;

/** Scale of a layer or a column that saw no input but 0: any will do. */
const IDLE_SCALE = 1;

/** From this many weights on, a layer's are rounded so that its products can be added up in i16 for long (see `quantizeProvenRows`). */
const LARGE_LAYER_WEIGHTS = 8192;

/** A column's scale is at least this share of the largest column's: what was hardly ever seen may still come. */
const SMALLEST_SHARE = 0.01;

/** `columnScales`, [inputs], where `input.scale` is null. */
export interface ChosenInput {
  readonly input: LayerInput;
  readonly columnScales: Float32Array | null;
}

/**
 * By layer name (`mlp.0`, `cross.head`). Layers over x0 take 7 bits with a scale a column, hidden layers after ReLU 7 bits; heads,
 * and what the cross net passes on, 11: a head at 7 bits lost 1e-4 AUC on the simulator, and costs next to nothing at 11. `bits` of 11
 * are for nets that run once a request.
 */
export function chooseInputs(model: FloatModel, sample: Dataset, bits: LayerInput["bits"] = 7): Map<string, ChosenInput> {
  const largest = observeLargest(model, sample);
  return new Map(
    namedLayers(model).map(([name, { inputs }]) => {
      const columns = largest.get(name) ?? new Float32Array(inputs);
      if (isOverX0(name, model)) return [name, perColumn(raiseToTable(columns, model), bits)];
      const layerBits = /^mlp\.\d+$/.test(name) ? bits : 11;
      const scale = scaleOf(
        columns.reduce((most, x) => Math.max(most, x), 0),
        layerBits,
        layerBits === 11,
      );
      return [name, { input: { scale, bits: layerBits }, columnScales: null }];
    }),
  );
}

/** A head over x0 is a head. */
function isOverX0(name: string, { cross }: FloatModel): boolean {
  return name === "mlp.0" || name === (cross?.layers[0]?.down ? "cross.0.down" : "cross.0");
}

function perColumn(columns: Float32Array, bits: LayerInput["bits"]): ChosenInput {
  const smallest = columns.reduce((most, x) => Math.max(most, x), 0) * SMALLEST_SHARE;
  const columnScales = columns.map((most) => scaleOf(Math.max(most, smallest), bits, true));
  return { input: { scale: null, bits }, columnScales };
}

/** What `chooseInputs` looks at of a split, so that the rest may stay on disk. */
export async function readSample(data: Examples): Promise<Dataset> {
  return isOnDisk(data) ? readExamples(data, spreadEvenly(countOf(data), EXAMPLE_COUNT)) : data;
}

/** Largest magnitude of each input, by layer. */
function observeLargest(model: FloatModel, sample: Dataset): Map<string, Float32Array> {
  const largest = new Map<string, Float32Array>();
  const forward = new FloatForward(model, (name, input) => {
    const columns = largest.get(name) ?? new Float32Array(input.length);
    for (const [i, x] of input.entries()) columns[i] = Math.max(columns[i] as number, Math.abs(x)); // as long as the input
    largest.set(name, columns);
  });
  for (const example of spreadEvenly(countOf(sample), EXAMPLE_COUNT)) forward.logit(sample.context, sample.candidate, example);
  return largest;
}

/**
 * The columns of a field that looks up rows of weight 1, or their mean, reach what its rows reach, whether the sample has them or not:
 * the newest examples know few weekdays.
 */
function raiseToTable(columns: Float32Array, { featureMap, embedding, embeddingDimension }: FloatModel): Float32Array {
  const raised = columns.slice();
  for (const { field, embedded, firstColumn } of layoutFields(featureMap, embeddingDimension)) {
    if (!embedded || !looksUp(field)) continue;
    for (let i = field.firstRow * embeddingDimension; i < (field.firstRow + field.rowCount) * embeddingDimension; i++) {
      const column = firstColumn + (i % embeddingDimension);
      raised[column] = Math.max(raised[column] as number, Math.abs(embedding[i] as number)); // a row of the table
    }
  }
  return raised;
}

const looksUp = ({ kind }: FieldLayout["field"]): boolean => kind !== "numeric" && kind !== "vector";

/**
 * Whether a layer gives up bits of its weights for speed. On Frappe's layers of 400 that cost nothing that could be measured; in the
 * simulator's layers of 32 it moved the AUC by up to 8e-5, and there is little to save in those.
 */
export function isCoarse(name: string, { bits }: LayerInput, weightCount: number): boolean {
  return bits === 7 && name.startsWith("mlp.") && weightCount >= LARGE_LAYER_WEIGHTS;
}

function scaleOf(largest: number, bits: LayerInput["bits"], signed: boolean): number {
  const [, highest] = activationRange(bits, signed);
  return Math.fround((HEADROOM[bits] * largest) / highest) || IDLE_SCALE;
}

/** Every dense layer by its name in the artifact. */
export function namedLayers({ cross, mlp }: FloatModel): [string, DenseLayer][] {
  const named: [string, DenseLayer][] = [];
  for (const [l, { down, up }] of (cross?.layers ?? []).entries()) {
    if (down) named.push([`cross.${l}.down`, down]);
    named.push([`cross.${l}`, up]);
  }
  if (cross) named.push(["cross.head", cross.head]);
  for (const [l, layer] of (mlp?.layers ?? []).entries()) named.push([`mlp.${l}`, layer]);
  if (mlp) named.push(["mlp.head", mlp.head]);
  return named;
}

// Random models with retrieval from a seed: towers of any depth, item tables of any size, with equal items and extreme numbers.
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import { inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import type { Architecture } from "../../../shared/scoring/architecture.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { layerShapes } from "../../../shared/scoring/served-layers.ts";
import { type ModelChoice, type Random, randomModel, seededRandom } from "./random-model.ts";

export interface RetrievalChoice {
  readonly items: number;
  /** Of the query and the items' vectors. */
  readonly width: number;
  readonly tower: readonly number[];
  /** How many items differ from each other: the others repeat those. Absent: all. */
  readonly distinct?: number | undefined;
  readonly bits?: 7 | 11 | undefined;
  readonly extreme: boolean;
  /** What else the model has. */
  readonly model?: Partial<ModelChoice>;
}

const BASE: ModelChoice = {
  context: 3,
  candidate: 0,
  dimension: 5,
  linear: false,
  fm: true,
  cross: 0,
  hidden: null,
  extreme: false,
  values: true,
};

export function randomRetrieval(seed: number, choice: RetrievalChoice): ServedModel {
  const random = seededRandom(seed + 77);
  const { items, width, tower, extreme, bits } = choice;
  const model = randomModel(seed, { ...BASE, extreme, ...choice.model }); // FM, so that there are embeddings
  const input = (l: number) => {
    const chosen = bits ?? (random() < 0.5 ? (7 as const) : (11 as const));
    return { bits: chosen, scale: l === 0 && random() < 0.4 ? null : (0.01 + random() * 0.02) / (chosen === 7 ? 1 : 16) };
  };
  const inputs = [...tower, 0].map((_, l) => input(l));
  const retrieval = { items, dimension: width, hidden: [...tower], inputs, queryScale: 0.005 + random() * 0.02 };
  const architecture: Architecture = { ...model.architecture, retrieval };
  return {
    ...model,
    architecture,
    tensors: new Map([
      ...model.tensors,
      ...towerTensors(random, { ...model, architecture }, extreme),
      ...itemTensors(random, choice),
    ]),
  };
}

function towerTensors(random: Random, { featureMap, architecture }: ServedModel, extreme: boolean): [string, Tensor][] {
  const fields = layoutFields(featureMap, architecture.embeddingDimension).filter(({ field }) => field.from === "context");
  return layerShapes("tower", architecture, inputWidth(fields)).flatMap(
    ({ name, inputs, outputs, input }): [string, Tensor][] => [
      ...(input.scale === null ? [[`${name}.inputScale`, f32(inputs, () => 0.002 + random() * 0.02)] as [string, Tensor]] : []),
      [`${name}.weight`, int8([outputs, inputs], () => signed(random, extreme))],
      [`${name}.scale`, f32(outputs, () => random() * 0.01 * (extreme ? 10 ** Math.floor(random() * 6 - 3) : 1))],
      [`${name}.bias`, f32(outputs, () => random() - 0.5)],
    ],
  );
}

function itemTensors(random: Random, { items, width, distinct = items, extreme }: RetrievalChoice): [string, Tensor][] {
  const vectors = Int8Array.from({ length: distinct * width }, () => signed(random, extreme));
  const scales = Float32Array.from({ length: distinct }, () => 0.002 + random() * 0.01);
  const biases = Float32Array.from({ length: distinct }, () => (random() - 0.5) * (extreme ? 100 : 0.2));
  const ids = Array.from({ length: items }, (_, i) => new TextEncoder().encode(`item-${i}-é`));
  let end = 0;
  const ends = Int32Array.from(ids, ({ length }) => (end += length));
  const at = (values: ArrayLike<number>, i: number) => values[i] as number; // in range below
  return [
    ["items.vector", int8([items, width], (i) => at(vectors, (Math.floor(i / width) % distinct) * width + (i % width)))],
    ["items.scale", f32(items, (i) => at(scales, i % distinct))],
    ["items.bias", f32(items, (i) => at(biases, i % distinct))],
    ["items.id", { dtype: "I8", shape: [end], data: Int8Array.from(ids.flatMap((bytes) => [...bytes])) }],
    ["items.idEnd", { dtype: "I32", shape: [items], data: ends }],
  ];
}

/** -128..127; extreme: mostly the ends. */
function signed(random: Random, extreme: boolean): number {
  if (extreme && random() < 0.7) return random() < 0.5 ? -128 : 127;
  return Math.floor(random() * 256) - 128;
}

function f32(length: number, of: (i: number) => number): Tensor {
  return { dtype: "F32", shape: [length], data: Float32Array.from({ length }, (_, i) => of(i)) };
}

function int8(shape: number[], of: (i: number) => number): Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return { dtype: "I8", shape, data: Int8Array.from({ length }, (_, i) => of(i)) };
}

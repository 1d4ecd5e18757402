// Random served models and bags from a seed: any mix of terms, fields, odd sizes and extreme numbers.
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import { type Bags, BagWriter } from "../../../shared/features/bags.ts";
import { type FeatureMap, type FittedField, inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import type { Architecture, LayerInput } from "../../../shared/scoring/architecture.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { layerShapes } from "../../../shared/scoring/served-layers.ts";

export type Random = () => number;

/** mulberry32: uniform in [0, 1). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface ModelChoice {
  readonly context: number;
  readonly candidate: number;
  readonly dimension: number;
  readonly linear: boolean;
  readonly fm: boolean;
  /** Cross layers; 0 for none. */
  readonly cross: number;
  readonly hidden: readonly number[] | null;
  /** Rank of the cross layers; null or absent for full ones. */
  readonly rank?: number | null | undefined;
  /** Bits of hidden and first layers' inputs; absent: either, at random. */
  readonly bits?: 7 | 11 | undefined;
  readonly embeddingBits?: 4 | 8 | undefined;
  /** Makes activations saturate and weights reach +-127. */
  readonly extreme: boolean;
  /** Every third field goes in by value. */
  readonly values: boolean;
}

const integer = (random: Random, low: number, high: number) => low + Math.floor(random() * (high - low + 1));

function randomFields(random: Random, { context, candidate, values }: ModelChoice): FeatureMap {
  let firstRow = 0;
  const fields = Array.from({ length: context + candidate }, (_, i): FittedField => {
    const base = { name: `field${i}`, from: i < context ? "context" : "candidate", firstRow } as const;
    const dimension = integer(random, 1, 5);
    const byValue = values && i % 3 === 0;
    const hashSpace = integer(random, 1, 40);
    const missing = random() < 0.5 ? "mean" : "indicator";
    let field: FittedField = { ...base, kind: "categorical", rowCount: hashSpace + 1, ids: { hashSpace, hashVersion: 1 } };
    if (byValue && i % 2 === 0) {
      field = { ...base, kind: "vector", rowCount: dimension + 1, dimension, separator: " ", input: "value" };
    } else if (byValue) {
      const fitted = { transform: "standard", mean: 0, standardDeviation: 1, missing, input: "value" } as const;
      field = { ...base, kind: "numeric", rowCount: 2, ...fitted };
    }
    firstRow += field.rowCount;
    return field;
  });
  return { version: 1, fields, rowCount: firstRow };
}

export function randomModel(seed: number, choice: ModelChoice): ServedModel {
  const random = seededRandom(seed);
  const featureMap = randomFields(random, choice);
  const { cross, hidden, dimension, linear, fm, rank = null, embeddingBits = 8 } = choice;
  const inputScale = () => (choice.extreme ? 10 ** integer(random, -6, 2) : 0.0005 + random() * 0.002);
  const input = (): LayerInput => {
    const bits = choice.bits ?? (random() < 0.5 ? 7 : 11);
    return { bits, scale: inputScale() * (bits === 7 ? 16 : 1) };
  };
  const inputs = (count: number) => Array.from({ length: count }, input);
  /** As `inputs`, the first of them, over x0, now and then with a scale a column. */
  const firstInputs = (count: number) =>
    inputs(count).map((one, l) => (l === 0 && random() < 0.4 ? { ...one, scale: null } : one));
  const architecture: Architecture = {
    embeddingDimension: dimension,
    embeddingBits,
    linear,
    fm,
    cross:
      cross > 0
        ? {
            rank,
            downInputs: firstInputs(rank === null ? 0 : cross),
            inputs: (rank === null ? firstInputs : inputs)(cross),
            headInputScale: inputScale(),
          }
        : null,
    mlp: hidden ? { hidden: [...hidden], inputs: firstInputs(hidden.length), headInputScale: inputScale() } : null,
    retrieval: null,
    posterior: null,
  };
  return { featureMap, architecture, tensors: randomTensors(random, featureMap, architecture, choice.extreme) };
}

/** Tensors of the shapes that an architecture asks for over a feature map. */
export function randomTensors(
  random: Random,
  featureMap: FeatureMap,
  architecture: Architecture,
  extreme: boolean,
): Map<string, Tensor> {
  const { embeddingDimension: dimension, embeddingBits, linear, fm, cross, mlp } = architecture;
  const rows = featureMap.rowCount;
  const f32 = (count: number, size: number): Tensor => {
    const data = Float32Array.from({ length: count }, () => (random() - 0.5) * size);
    return { dtype: "F32", shape: [count], data };
  };
  const scale = (count: number, size: number): Tensor => {
    const data = Float32Array.from({ length: count }, () => random() * size * (extreme ? 10 ** integer(random, -8, 3) : 1));
    return { dtype: "F32", shape: [count], data };
  };
  const positive = (count: number, size: number): Tensor => {
    const data = Float32Array.from({ length: count }, () => (0.1 + random()) * size);
    return { dtype: "F32", shape: [count], data };
  };
  const int8 = (...shape: number[]): Tensor => {
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Int8Array.from({ length }, () =>
      extreme && random() < 0.5 ? (random() < 0.5 ? -127 : 127) : integer(random, -127, 127),
    );
    return { dtype: "I8", shape, data };
  };
  const tensors = new Map<string, Tensor>([["bias", f32(1, 1)]]);
  if (linear) tensors.set("linear", f32(rows, 1));
  if (fm || cross || mlp)
    tensors
      .set("embedding", int8(rows, embeddingBits === 4 ? Math.ceil(dimension / 2) : dimension))
      .set("embedding.scale", scale(rows, 0.01));
  const width = inputWidth(layoutFields(featureMap, dimension));
  for (const term of ["cross", "mlp"] as const) {
    for (const { name, inputs, outputs, input } of layerShapes(term, architecture, width)) {
      if (input.scale === null) tensors.set(`${name}.inputScale`, positive(inputs, input.bits === 7 ? 0.02 : 0.002));
      tensors.set(`${name}.weight`, int8(outputs, inputs));
      tensors.set(`${name}.scale`, scale(outputs, 0.004));
      tensors.set(`${name}.bias`, f32(outputs, 0.2));
    }
  }
  return tensors;
}

/** Bags of `count` examples of one side: empty, single and multi-row bags; weights of any sign, zero among them. */
export function randomBags(
  seed: number,
  { featureMap, architecture }: ServedModel,
  from: "context" | "candidate",
  count: number,
): Bags {
  const random = seededRandom(seed);
  const layout = layoutFields(featureMap, architecture.embeddingDimension).filter(({ field }) => field.from === from);
  const writer = new BagWriter(layout.length);
  for (let example = 0; example < count; example++) {
    for (const { field, embedded, firstValueRow, columnCount } of layout) {
      const length = random() < 0.6 ? 1 : integer(random, 0, 6);
      for (let k = 0; k < length; k++) {
        const row = embedded ? integer(random, field.firstRow, field.firstRow + field.rowCount - 1) : firstValueRow;
        const offset = embedded ? 0 : integer(random, 0, columnCount - 1);
        writer.add(row + offset, [1, 1, 0, -1, 1 / 3, (random() - 0.5) * 8][integer(random, 0, 5)] as number);
      }
      writer.close();
    }
  }
  return writer.view();
}

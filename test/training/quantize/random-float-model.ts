// Float models shaped like trained ones: lognormal embedding norms, He-scaled layers; and data sets to run them on.
import { inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import type { CrossLayer, DenseLayer, FloatModel } from "../../../training/model/float-model.ts";
import { type ModelChoice, type Random, randomBags, randomModel, seededRandom } from "../../shared/scoring/random-model.ts";

/** Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function randomFloatModel(seed: number, choice: ModelChoice): FloatModel {
  const random = seededRandom(seed);
  const { featureMap } = randomModel(seed, { ...choice, cross: 0, hidden: null });
  const { dimension, linear, fm, cross, hidden } = choice;
  const width = inputWidth(layoutFields(featureMap, dimension));
  const layer = (inputs: number, outputs: number, gain: number): DenseLayer => ({
    inputs,
    outputs,
    weight: Float32Array.from({ length: inputs * outputs }, () => normal(random) * Math.sqrt(gain / inputs)),
    bias: Float32Array.from({ length: outputs }, () => normal(random) * 0.1),
  });
  const crossLayer = (): CrossLayer => {
    const rank = choice.rank ?? null;
    if (rank === null) return { down: null, up: layer(width, width, 1) };
    return { down: { ...layer(width, rank, 1), bias: new Float32Array(rank) }, up: layer(rank, width, 1) };
  };
  const norms = Float32Array.from({ length: featureMap.rowCount }, () => 0.15 * Math.exp(0.8 * normal(random)));
  const sizes = [width, ...(hidden ?? [])];
  return {
    featureMap,
    embeddingDimension: dimension,
    bias: -2,
    linear: linear ? Float32Array.from({ length: featureMap.rowCount }, () => normal(random) * 0.3) : null,
    embedding: Float32Array.from(
      { length: featureMap.rowCount * dimension },
      (_, i) => (norms[Math.floor(i / dimension)] ?? 0) * normal(random),
    ),
    fm,
    cross: cross > 0 ? { layers: Array.from({ length: cross }, crossLayer), head: layer(width, 1, 1) } : null,
    mlp: hidden && { layers: hidden.map((outputs, l) => layer(sizes[l] ?? 0, outputs, 2)), head: layer(sizes.at(-1) ?? 0, 1, 1) },
  };
}

export function randomDataset(seed: number, { featureMap, embeddingDimension }: FloatModel, count: number): Dataset {
  const random = seededRandom(seed);
  const model = {
    featureMap,
    architecture: {
      embeddingDimension,
      embeddingBits: 8 as const,
      linear: false,
      fm: false,
      cross: null,
      mlp: null,
      retrieval: null,
      posterior: null,
    },
    tensors: new Map(),
  };
  return {
    context: randomBags(seed + 1, model, "context", count),
    candidate: randomBags(seed + 2, model, "candidate", count),
    labels: Uint8Array.from({ length: count }, () => (random() < 0.2 ? 1 : 0)),
    timesMs: null,
  };
}

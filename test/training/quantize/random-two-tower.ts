// Float two-tower models shaped like trained ones: dimensions of unequal reach, items around some hundred tastes, biases by popularity.
import { inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import type { DenseLayer } from "../../../training/model/float-model.ts";
import type { FloatTwoTower } from "../../../training/model/float-two-tower.ts";
import { type ModelChoice, randomModel, seededRandom } from "../../shared/scoring/random-model.ts";
import { normal, randomFloatModel } from "./random-float-model.ts";

export interface TowerChoice {
  readonly items: number;
  readonly width: number;
  readonly hidden: readonly number[];
}

const FIELDS: ModelChoice = {
  context: 8,
  candidate: 0,
  dimension: 16,
  linear: false,
  fm: false,
  cross: 0,
  hidden: null,
  extreme: false,
  values: true,
};
const TASTES = 200;

export function randomTwoTower(seed: number, { items, width, hidden }: TowerChoice): FloatTwoTower {
  const random = seededRandom(seed + 5);
  const { featureMap, embeddingDimension, embedding } = randomFloatModel(seed, FIELDS);
  const sizes = [inputWidth(layoutFields(featureMap, embeddingDimension)), ...hidden, width];
  const layers = sizes.slice(1).map((outputs, l): DenseLayer => {
    const inputs = sizes[l] as number; // one before each output
    const weight = Float32Array.from({ length: inputs * outputs }, () => normal(random) * Math.sqrt(2 / inputs));
    return { inputs, outputs, weight, bias: Float32Array.from({ length: outputs }, () => normal(random) * 0.05) };
  });
  const last = layers.at(-1) as DenseLayer; // `width`
  const reach = Float32Array.from({ length: width }, () => Math.exp(0.7 * normal(random)));
  const tastes = Float32Array.from({ length: TASTES * width }, (_, i) => normal(random) * (reach[i % width] as number));
  const vectors = new Float32Array(items * width);
  for (let item = 0; item < items; item++) {
    const taste = Math.floor(random() * TASTES) * width;
    for (let k = 0; k < width; k++) vectors[item * width + k] = (tastes[taste + k] as number) + 0.5 * normal(random);
  }
  const weight = last.weight.map((w, i) => w * (reach[Math.floor(i / last.inputs)] as number));
  return {
    featureMap: randomModel(seed, FIELDS).featureMap,
    embeddingDimension,
    embedding,
    tower: { layers: layers.slice(0, -1), last: { ...last, weight } },
    items: {
      ids: Array.from({ length: items }, (_, i) => `item-${i}`),
      vectors,
      biases: Float32Array.from({ length: items }, () => normal(random) * 0.2),
    },
  };
}

import { describe, expect, it } from "vitest";
import type { FeatureMap, FittedField } from "../../../shared/features/feature-map.ts";
import type { ModelSpec } from "../../../shared/tasks/model-spec.ts";
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import type { TrainProgress } from "../../../training/engine/meter.ts";
import { Random } from "../../../training/engine/random.ts";
import type { TrainRequest } from "../../../training/engine/train-model.ts";
import { trainTrees } from "../../../training/trees/train-trees.ts";
import { mixedMap, randomDataset, taskWith } from "../engine/synthetic.ts";

const fields = ["x", "y"].map((name, index): FittedField => {
  const fitted = { transform: "standard", mean: 0, standardDeviation: 1, missing: "indicator", input: "value" } as const;
  return { kind: "numeric", name, from: "context", firstRow: 2 * index, rowCount: 2, ...fitted };
});
const numbers: FeatureMap = { version: 1, fields, rowCount: 4 };

/** Examples of two numbers; NaN is missing. */
function datasetOf(points: readonly (readonly [number, number])[], labelOf: (x: number, y: number) => 0 | 1): Dataset {
  const values = points.flat();
  const context = {
    fieldCount: 2,
    count: points.length,
    offsets: Int32Array.from({ length: values.length + 1 }, (_, index) => index),
    rows: Int32Array.from(values, (value, index) => 2 * (index % 2) + (Number.isNaN(value) ? 0 : 1)),
    weights: Float32Array.from(values, (value) => (Number.isNaN(value) ? 1 : value)),
  };
  const none = { offsets: new Int32Array(1), rows: new Int32Array(0), weights: new Float32Array(0) };
  const labels = Uint8Array.from(points, ([x, y]) => labelOf(x, y));
  return { context, candidate: { fieldCount: 0, count: points.length, ...none }, labels, timesMs: null };
}

function randomPoints(count: number, seed: number): [number, number][] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => [random.uniform() * 2 - 1, random.uniform() * 2 - 1]);
}

const map = mixedMap();
const mixed = { featureMap: map, train: randomDataset(map, 600, 1), valid: randomDataset(map, 300, 2) };

function request(model: Partial<ModelSpec>, training: Partial<TrainingSpec>, more: Partial<TrainRequest> = {}): TrainRequest {
  const task = taskWith({ family: "trees", leaves: 8, ...model }, { epochs: 60, patience: 20, learningRate: 0.1, ...training });
  return { task, ...mixed, device: "cpu", seed: 3, ...more };
}

const accuracy = (logits: Float32Array, { labels }: Dataset): number =>
  logits.reduce((right, logit, at) => right + (logit > 0 === (labels[at] === 1) ? 1 : 0), 0) / logits.length;

describe("boosted trees", () => {
  it("learn: validation logloss falls well below that of the base rate, and predict is what was validated", async () => {
    const { history, predict, model } = await trainTrees(request({}, {}));
    const best = Math.min(...history.map(({ validLogloss }) => validLogloss));
    expect(best).toBeLessThan(history[0]!.validLogloss - 0.1);
    const logits = await predict(mixed.valid);
    const loss = logits.reduce((sum, x, at) => sum + Math.log1p(Math.exp(x)) - x * mixed.valid.labels[at]!, 0) / logits.length;
    expect(loss).toBeCloseTo(best, 5);
    expect(model).toBeNull();
  });

  it("lower the training loss with every tree that sees all examples", async () => {
    const { history } = await trainTrees(request({}, { patience: 60 }));
    history.slice(1).forEach(({ trainLogloss }, at) => {
      expect(trainLogloss).toBeLessThan(history[at]!.trainLogloss);
    });
  });

  it("learn one batch by heart", async () => {
    const points = randomPoints(40, 9);
    const random = new Random(5);
    const data = datasetOf(points, () => (random.uniform() < 0.5 ? 1 : 0));
    const free = { leaves: 64, leafL2: 0.01, minLeafWeight: 1e-6 };
    const training = { epochs: 100, patience: 100, learningRate: 0.3 };
    const { history } = await trainTrees(request(free, training, { featureMap: numbers, train: data, valid: data }));
    expect(history.at(-1)!.trainLogloss).toBeLessThan(0.001);
  });

  it("learn an exclusive or, of which neither number alone says anything", async () => {
    const labelOf = (x: number, y: number) => (x > 0 !== y > 0 ? 1 : 0);
    const [train, valid] = [datasetOf(randomPoints(800, 1), labelOf), datasetOf(randomPoints(400, 2), labelOf)];
    const { predict } = await trainTrees(request({}, { epochs: 100 }, { featureMap: numbers, train, valid }));
    expect(accuracy(await predict(valid), valid)).toBeGreaterThan(0.95);
  });

  it("tell by a missing value where that says something", async () => {
    const gaps = (seed: number) => randomPoints(400, seed).map(([x, y]): [number, number] => [x > 0.3 ? Number.NaN : x, y]);
    const labelOf = (x: number) => (Number.isNaN(x) || x < -0.5 ? 1 : 0);
    const [train, valid] = [datasetOf(gaps(1), labelOf), datasetOf(gaps(2), labelOf)];
    const { predict } = await trainTrees(request({}, {}, { featureMap: numbers, train, valid }));
    expect(accuracy(await predict(valid), valid)).toBeGreaterThan(0.97);
  });

  it("are the same for the same seed, and others for another where they see shares", async () => {
    const shares = { exampleShare: 0.7, columnShare: 0.5 };
    const logits = async (seed: number, model: Partial<ModelSpec>) =>
      (await trainTrees(request(model, {}, { seed }))).predict(mixed.valid);
    expect(await logits(1, shares)).toEqual(await logits(1, shares));
    expect(await logits(1, shares)).not.toEqual(await logits(2, shares));
    expect(await logits(1, {})).toEqual(await logits(2, {}));
  });

  it("stop after the patience without gain, and keep those up to the best", async () => {
    const { history, predict } = await trainTrees(request({}, { patience: 4, learningRate: 0.5 }));
    const losses = history.map(({ validLogloss }) => validLogloss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(best).toBeGreaterThan(0);
    expect(history).toHaveLength(best + 4);
    const shorter = await trainTrees(request({}, { epochs: best, learningRate: 0.5 }));
    expect(await predict(mixed.valid)).toEqual(await shorter.predict(mixed.valid));
  });

  it("say the base rate of noise", async () => {
    const random = new Random(8);
    const noise = (seed: number) => datasetOf(randomPoints(200, seed), () => (random.uniform() < 0.3 ? 1 : 0));
    const [train, valid] = [noise(1), noise(2)];
    const training = { patience: 3, learningRate: 1 };
    const { history, predict } = await trainTrees(request({}, training, { featureMap: numbers, train, valid }));
    const ones = train.labels.reduce((sum, label) => sum + label, 0);
    const base = Math.fround(Math.log((ones + 0.5) / (200.5 - ones)));
    expect(history).toHaveLength(3);
    expect(new Set(await predict(valid))).toEqual(new Set([base]));
  });

  it("learn from targets where there are any", async () => {
    const targets = Float32Array.from(mixed.train.labels, (label) => 0.2 + 0.1 * label);
    const { predict } = await trainTrees(request({}, { patience: 60 }, { train: { ...mixed.train, targets } }));
    const logits = await predict(mixed.train);
    const mean = logits.reduce((sum, logit) => sum + 1 / (1 + Math.exp(-logit)), 0) / logits.length;
    expect(mean).toBeLessThan(0.31);
  });

  it("tell their progress, and heed an abort", async () => {
    const seen: TrainProgress[] = [];
    const { history } = await trainTrees(request({}, { epochs: 5 }, { onProgress: (progress) => seen.push(progress) }));
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    expect(seen[4]).toMatchObject({ samplesDone: 3000, samplesTotal: 3000, validLogloss: history[3]!.validLogloss });
    await expect(trainTrees(request({}, {}, { signal: AbortSignal.abort(new Error("enough")) }))).rejects.toThrow("enough");
  });
});

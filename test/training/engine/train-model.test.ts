import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { NetFamily, ServedFamily } from "../../../shared/tasks/family.ts";
import type { ModelSpec } from "../../../shared/tasks/model-spec.ts";
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { openDevice } from "../../../training/engine/device.ts";
import { HostLearner } from "../../../training/engine/learner.ts";
import type { TrainProgress } from "../../../training/engine/meter.ts";
import { Random } from "../../../training/engine/random.ts";
import { type TrainRequest, trainModel } from "../../../training/engine/train-model.ts";
import type { FloatModel } from "../../../training/model/float-model.ts";
import { floatLogits } from "../../../training/quantize/float-forward.ts";
import { bytesOf } from "./model-bytes.ts";
import { mixedMap, randomDataset, taskWith, valuesMap } from "./synthetic.ts";

const map = mixedMap();
const all = { train: randomDataset(map, 600, 1), valid: randomDataset(map, 200, 2) };

function request(model: Partial<ModelSpec>, training: Partial<TrainingSpec>, more: Partial<TrainRequest> = {}): TrainRequest {
  const task = taskWith(
    { embeddingDimension: 4, hidden: [16, 8], ...model },
    { batchSize: 64, epochs: 3, learningRate: 0.01, ...training },
  );
  return { task, featureMap: map, ...all, device: "wasm", seed: 7, ...more };
}

function logloss(model: FloatModel, data: Dataset): number {
  const logits = floatLogits(model, data);
  return meanLogloss(logits, data.labels);
}

const meanLogloss = (logits: Float32Array, labels: Uint8Array): number =>
  logits.reduce((sum, x, index) => sum + Math.log1p(Math.exp(x)) - x * labels[index]!, 0) / logits.length;

describe("a training", () => {
  it.each(NetFamily.options)("of %s learns: validation logloss falls well below that of the base rate", async (family) => {
    const { history, model, predict } = await trainModel(request({ family }, { epochs: 12, learningRate: 0.03 }));
    const rate = all.valid.labels.reduce((sum, label) => sum + label, 0) / all.valid.labels.length;
    const baseline = -(rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate));
    expect(Math.min(...history.map(({ validLogloss }) => validLogloss))).toBeLessThan(baseline - 0.1);
    const logits = await predict(all.valid);
    expect(meanLogloss(logits, all.valid.labels)).toBeCloseTo(Math.min(...history.map(({ validLogloss }) => validLogloss)), 5);
    if (v.is(ServedFamily, family)) expect(logloss(model!, all.valid)).toBeLessThan(baseline - 0.1);
    else expect(model).toBeNull();
  });

  const oneBatchFamilies = NetFamily.options.filter((family) => family !== "logistic");
  it.each(oneBatchFamilies)("of %s can learn one batch by heart", async (family) => {
    const train = randomDataset(mixedMap(), 32, 3);
    const training = { epochs: 150, patience: 150, learningRate: 0.05, batchSize: 32 };
    const { history } = await trainModel(request({ family, hidden: [64], experts: 2 }, training, { train }));
    expect(history.at(-1)!.trainLogloss).toBeLessThan(0.1); // two equal examples may have different labels
  });

  it.each(ServedFamily.options)("of %s exports what it computes, batch norm folded", async (family) => {
    const { task, featureMap } = request({ family, batchNorm: true, dropout: 0.2 }, { l2Embedding: 1e-4, l2Dense: 1e-4 });
    const learner = new HostLearner(task, featureMap, new Random(1));
    const order = Int32Array.from({ length: 200 }, (_, index) => index);
    for (let step = 0; step < 5; step++) await learner.step(all.train, order, 0, 200, 0.02);
    const own = await learner.logits(all.valid, order, 0, 200);
    floatLogits((await learner.export())!, all.valid).forEach(
      (logit, index) => void expect(Math.abs(logit - own[index]!)).toBeLessThan(1e-4),
    );
  });

  it("of low-rank cross layers exports what it computes", async () => {
    const { task, featureMap } = request({ family: "dcn-v2", crossLayers: 2, crossRank: 3 }, {});
    const learner = new HostLearner(task, featureMap, new Random(1));
    const order = Int32Array.from({ length: 200 }, (_, index) => index);
    for (let step = 0; step < 5; step++) await learner.step(all.train, order, 0, 200, 0.02);
    const own = await learner.logits(all.valid, order, 0, 200);
    const model = await learner.export();
    expect(model!.cross?.layers.map(({ down, up }) => [down?.outputs, up.inputs])).toEqual([
      [3, 3],
      [3, 3],
    ]);
    floatLogits(model!, all.valid).forEach((logit, index) => void expect(Math.abs(logit - own[index]!)).toBeLessThan(1e-4));
  });

  it("gives the same bytes for the same seed, and others for another", async () => {
    const run = async (seed: number) => {
      const spec = { family: "deepfm", batchNorm: true, dropout: 0.3 } as const;
      return bytesOf((await trainModel(request(spec, { l2Embedding: 1e-4 }, { seed }))).model!);
    };
    const first = await run(1);
    expect(first.equals(await run(1))).toBe(true);
    expect(first.equals(await run(2))).toBe(false);
  });

  it("gives the same bytes on one thread and on several", async () => {
    const run = async (threads: number) => {
      await openDevice("wasm", threads);
      const wide = request({ family: "deepfm", hidden: [300, 300], batchNorm: true }, { batchSize: 128, epochs: 2 });
      return bytesOf((await trainModel(wide)).model!);
    };
    const alone = await run(1);
    expect(alone.equals(await run(3))).toBe(true);
  });

  it.each(["adam", "sgd", "adagrad"] as const)("with %s lowers the training loss", async (optimizer) => {
    const learningRate = { adam: 0.01, sgd: 0.5, adagrad: 0.1 }[optimizer];
    const { history } = await trainModel(request({ family: "deepfm" }, { optimizer, learningRate, epochs: 8 }));
    expect(history.at(-1)!.trainLogloss).toBeLessThan(history[0]!.trainLogloss - 0.05);
  });

  it("stops after `patience` epochs without gain, and gives back the best weights", async () => {
    const { history, model } = await trainModel(
      request({ family: "deepfm", hidden: [64] }, { epochs: 60, patience: 2, learningRate: 0.05 }),
    );
    const best = Math.min(...history.map(({ validLogloss }) => validLogloss));
    expect(history.length).toBeLessThan(60);
    expect(history.slice(-2).every(({ validLogloss }) => validLogloss > best)).toBe(true);
    expect(logloss(model!, all.valid)).toBeCloseTo(best, 5);
  });

  it("tells how far it is", async () => {
    const seen: TrainProgress[] = [];
    await trainModel(request({ family: "fm" }, {}, { onProgress: (progress) => seen.push(progress) }));
    expect(seen).toHaveLength(3 * Math.ceil(600 / 64));
    expect(seen[0]).toMatchObject({ epoch: 1, epochs: 3, samplesTotal: 1800, validLogloss: null });
    expect(seen.at(-1)).toMatchObject({ epoch: 3, samplesDone: 1800, secondsLeft: 0 });
    expect(seen.at(-1)!.validLogloss).toBeGreaterThan(0);
    expect(seen.every(({ samplesPerSecond, loss }) => samplesPerSecond > 0 && loss > 0)).toBe(true);
  });

  it("ends at the next step when aborted, with the signal's reason", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    let steps = 0;
    const onProgress = () => {
      if (++steps === 2) abort.abort(reason);
    };
    await expect(trainModel(request({}, {}, { signal: abort.signal, onProgress }))).rejects.toBe(reason);
    expect(steps).toBe(2);
  });

  it("refuses to go on once the loss is no number", async () => {
    const diverging = trainModel(request({ family: "deepfm" }, { optimizer: "sgd", learningRate: 1e12 }));
    await expect(diverging).rejects.toMatchObject({ code: "training_diverged", path: "training.learningRate" });
  });

  it("expresses the small worked example: 3-10-10-1 over values, SGD 0.01, batches of 32, 100 epochs", async () => {
    const featureMap = valuesMap();
    const training = { optimizer: "sgd", learningRate: 0.01, batchSize: 32, epochs: 100, patience: 100 } as const;
    const data = { featureMap, train: randomDataset(featureMap, 400, 1), valid: randomDataset(featureMap, 100, 2) };
    const { model, history } = await trainModel(request({ family: "mlp", hidden: [10, 10] }, training, data));
    expect(model!.mlp!.layers.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [3, 10],
      [10, 10],
    ]);
    expect(history).toHaveLength(100);
    expect(history.at(-1)!.trainLogloss).toBeLessThan(history[0]!.trainLogloss - 0.05);
  });
});

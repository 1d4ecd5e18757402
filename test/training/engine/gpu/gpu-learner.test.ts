import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { FeatureMap } from "../../../../shared/features/feature-map.ts";
import type { ModelSpec } from "../../../../shared/tasks/model-spec.ts";
import type { TrainingSpec } from "../../../../shared/tasks/training-spec.ts";
import type { Dataset } from "../../../../training/dataset/dataset.ts";
import { openDevice } from "../../../../training/engine/device.ts";
import { GpuLearner } from "../../../../training/engine/gpu/gpu-learner.ts";
import { HostLearner, type Snapshot } from "../../../../training/engine/learner.ts";
import { Random } from "../../../../training/engine/random.ts";
import { trainModel } from "../../../../training/engine/train-model.ts";
import { mixedMap, randomDataset, taskWith } from "../synthetic.ts";

const absent = await openDevice("webgpu").then(
  () => null,
  (error: Error) => error.message,
);

const map = mixedMap();
/** Two fields, one of which is always the same. */
const frequentMap: FeatureMap = {
  version: 1,
  fields: [
    { kind: "categorical", name: "a", from: "context", firstRow: 0, rowCount: 1, ids: { vocabulary: [] } },
    { kind: "categorical", name: "b", from: "candidate", firstRow: 1, rowCount: 5, ids: { vocabulary: ["x", "y", "z"] } },
  ],
  rowCount: 6,
};
const data = randomDataset(map, 400, 1);
const order = Int32Array.from({ length: 400 }, (_, index) => (index * 7) % 400);

/** Largest difference of a weight after six steps: f32 against f64 updates, and sums in another order. */
const TOLERANCE = 2e-5;

function taskOf(model: Partial<ModelSpec>, training: Partial<TrainingSpec>) {
  return taskWith({ embeddingDimension: 4, hidden: [16, 8], ...model }, { l2Embedding: 1e-2, l2Dense: 1e-3, ...training });
}

function worstOf(a: Snapshot, b: Snapshot): number {
  return Math.max(
    ...a.map((values, index) => values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[index]![i]!)), 0)),
  );
}

/** Trains both by six steps, of which the last two follow a settling; gives their losses and weights. */
async function trainBoth(task: ReturnType<typeof taskOf>, featureMap: FeatureMap, examples: Dataset) {
  const both = [new HostLearner(task, featureMap, new Random(1)), new GpuLearner(task, featureMap, new Random(1))];
  const results = [];
  for (const learner of both) {
    const losses: number[] = [];
    for (let step = 0; step < 6; step++) {
      losses.push(await learner.step(examples, order, step * 60, step * 60 + 70 + (step % 2), 0.01));
      if (step === 3) await learner.settle(0.01);
    }
    await learner.settle(0.01);
    results.push({ losses, snapshot: await learner.snapshot(), logits: await learner.logits(examples, order, 0, 50) });
  }
  return results as [(typeof results)[0], (typeof results)[0]];
}

describe.skipIf(absent !== null)(`a learner on the GPU${absent === null ? "" : `: ${absent}`}`, () => {
  it.each([
    [{ family: "deepfm", batchNorm: true, dropout: 0.2 }, { optimizer: "adam" }],
    [{ family: "deepfm" }, { optimizer: "adagrad" }],
    [{ family: "deepfm" }, { optimizer: "sgd" }],
    [
      { family: "mlp", dropout: 0.1 },
      { optimizer: "adam", l2Embedding: 0 },
    ],
    [{ family: "logistic" }, { optimizer: "adam" }],
    [{ family: "dcn-v2", batchNorm: true }, { optimizer: "adam" }],
    [{ family: "convolution" }, { optimizer: "adagrad" }],
    [{ family: "esmm" }, { optimizer: "adam" }],
  ] as [Partial<ModelSpec>, Partial<TrainingSpec>][])("%j, %j: equals the learner on the host", async (model, training) => {
    const [host, gpu] = await trainBoth(taskOf(model, training), map, data);
    host.losses.forEach((loss, step) => void expect(gpu.losses[step]).toBeCloseTo(loss, 5));
    expect(worstOf(host.snapshot, gpu.snapshot)).toBeLessThan(TOLERANCE);
    expect(worstOf([host.logits], [gpu.logits])).toBeLessThan(1e-4);
  });

  const mixed = taskOf({ family: "deepfm", batchNorm: true, dropout: 0.2 }, { optimizer: "adam" });

  async function train(learner: GpuLearner, from: number, to: number): Promise<number[]> {
    const losses: Promise<number>[] = [];
    for (let step = from; step < to; step++) losses.push(learner.step(data, order, step * 30, step * 30 + 30, 0.01));
    return Promise.all(losses);
  }

  it("goes on from a state as if it had never stopped, bit by bit", async () => {
    const learner = new GpuLearner(mixed, map, new Random(1));
    await train(learner, 0, 3);
    const state = await learner.state();
    const kept = state.map((values) => values.slice());
    const losses = await train(learner, 3, 6);
    const resumed = new GpuLearner(mixed, map, new Random(1));
    await resumed.resume(kept);
    expect(await train(resumed, 3, 6)).toEqual(losses);
    expect(await resumed.snapshot()).toEqual(await learner.snapshot());
  });

  it("refuses a state of another shape", async () => {
    const learner = new GpuLearner(taskOf({ family: "fm" }, {}), map, new Random(1));
    const other = new GpuLearner(mixed, map, new Random(1));
    await expect(learner.resume(await other.state())).rejects.toMatchObject({ code: "checkpoint_unusable" });
  });

  it("predicts again as it did once a snapshot is restored, and exports the same as the host", async () => {
    const learner = new GpuLearner(mixed, map, new Random(1));
    await train(learner, 0, 2);
    const [snapshot, logits] = [await learner.snapshot(), await learner.logits(data, order, 0, 50)];
    await train(learner, 2, 5);
    expect(await learner.logits(data, order, 0, 50)).not.toEqual(logits);
    await learner.restore(snapshot);
    expect(await learner.logits(data, order, 0, 50)).toEqual(logits);
    const host = new HostLearner(mixed, map, new Random(2));
    await host.restore(snapshot);
    expect(await learner.export()).toEqual(await host.export());
  });

  it("leaves no tensors behind", async () => {
    const learner = new GpuLearner(mixed, map, new Random(1));
    const { numTensors } = tf.memory();
    await train(learner, 0, 3);
    await learner.logits(data, order, 0, 50);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it("sums the pairs of a row that every example has, and of bags that are all one pair", async () => {
    const one = randomDataset(frequentMap, 400, 3);
    const [host, gpu] = await trainBoth(taskOf({ family: "deepfm" }, { optimizer: "adam" }), frequentMap, one);
    expect(worstOf(host.snapshot, gpu.snapshot)).toBeLessThan(TOLERANCE);
  });

  it("learns from batches of more sizes than it keeps recordings of", async () => {
    const both = [new HostLearner(mixed, map, new Random(1)), new GpuLearner(mixed, map, new Random(1))];
    const [host, gpu] = await Promise.all(
      both.map(async (learner) => {
        const losses: number[] = [];
        for (let step = 0; step < 12; step++) losses.push(await learner.step(data, order, step, step + 20 + (step % 6), 0.01));
        return losses;
      }),
    );
    host!.forEach((loss, step) => void expect(gpu![step]).toBeCloseTo(loss, 4));
  });

  it("trains a model to the same bytes as ever, and as well as on the processor", async () => {
    const task = taskOf({ family: "deepfm" }, { epochs: 2, batchSize: 64, learningRate: 0.01 });
    const train = (device: "webgpu" | "wasm") => trainModel({ task, featureMap: map, train: data, valid: data, device, seed: 3 });
    const [first, second] = [await train("webgpu"), await train("webgpu")];
    expect(second.history).toEqual(first.history);
    expect(second.model).toEqual(first.model);
    const { history } = await train("wasm");
    history.forEach((epoch, index) => void expect(first.history[index]!.validLogloss).toBeCloseTo(epoch.validLogloss, 4));
    await tf.setBackend("webgpu"); // the others' device
  });

  it("refuses a table larger than a buffer can be", async () => {
    const rowCount = 2 ** 31;
    const huge = { ...map, rowCount };
    expect(() => new GpuLearner(mixed, huge, new Random(1))).toThrow(expect.objectContaining({ code: "table_too_large" }));
  });
});

import { describe, expect, it } from "vitest";
import type { FeatureMap } from "../../../../shared/features/feature-map.ts";
import type { ModelSpec, TrainingSpec } from "../../../../shared/tasks/task.ts";
import type { Dataset } from "../../../../training/dataset/dataset.ts";
import { openDevice } from "../../../../training/engine/device.ts";
import { GpuLearner } from "../../../../training/engine/gpu/gpu-learner.ts";
import { HostLearner, type Snapshot } from "../../../../training/engine/learner.ts";
import { Random } from "../../../../training/engine/random.ts";
import { mixedMap, randomDataset, taskWith } from "../synthetic.ts";

const absent = await openDevice("webgpu").then(
  () => null,
  (error: Error) => error.message,
);

const map = mixedMap();
const data = randomDataset(map, 400, 1);
const order = Int32Array.from({ length: 400 }, (_, index) => (index * 7) % 400);

/** Largest difference of a weight after six steps: f32 against f64 updates, and sums in another order. */
const TOLERANCE = 2e-5;

function taskOf(model: Partial<ModelSpec>, training: Partial<TrainingSpec>) {
  return taskWith({ embeddingDimension: 4, hidden: [16, 8], ...model }, { l2Embedding: 1e-2, l2Dense: 1e-3, ...training });
}

function worstOf(a: Snapshot, b: Snapshot): number {
  return Math.max(...a.map((values, index) => values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[index]![i]!)), 0)));
}

/** Trains both by six steps, of which the last two follow a settling; gives their losses and weights. */
async function trainBoth(task: ReturnType<typeof taskOf>, featureMap: FeatureMap, examples: Dataset) {
  const both = [new HostLearner(task, featureMap, new Random(1)), new GpuLearner(task, featureMap, new Random(1))];
  const results = [];
  for (const learner of both) {
    const losses: number[] = [];
    for (let step = 0; step < 6; step++) {
      losses.push(await learner.step(examples, order, step * 30, step * 30 + 30 + (step % 2), 0.01));
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
    [{ family: "mlp", dropout: 0.1 }, { optimizer: "adam", l2Embedding: 0 }],
    [{ family: "logistic" }, { optimizer: "adam" }],
    [{ family: "dcn-v2", batchNorm: true }, { optimizer: "adam" }],
  ] as [Partial<ModelSpec>, Partial<TrainingSpec>][])("%j, %j: equals the learner on the host", async (model, training) => {
    const [host, gpu] = await trainBoth(taskOf(model, training), map, data);
    host.losses.forEach((loss, step) => void expect(gpu.losses[step]).toBeCloseTo(loss, 5));
    expect(worstOf(host.snapshot, gpu.snapshot)).toBeLessThan(TOLERANCE);
    expect(worstOf([host.logits], [gpu.logits])).toBeLessThan(1e-4);
  });
});

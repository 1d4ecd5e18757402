// A training that is stopped and taken up again equals one that never was, for everything that has a state of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../../shared/artifact/safetensors.ts";
import { createEncoder } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import type { ModelSpec } from "../../../shared/tasks/model-spec.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import { loadDataset } from "../../../training/dataset/load.ts";
import { createShardingBuilder, isOnDisk } from "../../../training/dataset/shards.ts";
import { type CheckpointSlot, checkpointOf, tensorsOf } from "../../../training/engine/checkpoint.ts";
import { type TrainRequest, trainModel } from "../../../training/engine/train-model.ts";
import { fitFeatureMap } from "../../../training/features/fit.ts";
import { visitRows, visitTask } from "../commands/visits-data.ts";
import { bytesOf } from "./model-bytes.ts";
import { mixedMap, randomDataset, taskWith } from "./synthetic.ts";

const map = mixedMap();
const data = { train: randomDataset(map, 300, 1), valid: randomDataset(map, 100, 2) };

/** A slot in memory, that keeps all that was ever written. */
function memorySlot(...written: Uint8Array[]) {
  const slot: CheckpointSlot = {
    path: "memory",
    read: async () => (written.length === 0 ? null : readSafetensors(written.at(-1)!.slice())),
    write: async (tensors) => void written.push(writeSafetensors(tensors)),
    remove: async () => void written.splice(0),
  };
  return { slot, written };
}

type Specs = readonly [model: Partial<ModelSpec>, training: Partial<TrainingSpec>];

function request([model, training]: Specs, more: Partial<TrainRequest>): TrainRequest {
  const task = taskWith(
    { embeddingDimension: 4, hidden: [16, 8], ...model },
    { batchSize: 64, epochs: 4, learningRate: 0.02, ...training },
  );
  return { task, featureMap: map, ...data, device: "wasm", seed: 3, ...more };
}

async function outcomeOf(asked: TrainRequest) {
  const { model, history, predict } = await trainModel(asked);
  return { bytes: model && bytesOf(model), history, logits: await predict(data.valid) };
}

/** Aborts a training after so many steps, and gives what it wrote. */
async function stopAfter(steps: number, asked: TrainRequest): Promise<void> {
  const abort = new AbortController();
  const reason = new Error("enough");
  let left = steps;
  const onProgress = () => void (--left === 0 && abort.abort(reason));
  const stopped = trainModel({ ...asked, signal: abort.signal, onProgress });
  await expect(stopped).rejects.toBe(reason);
}

const CASES: readonly (readonly [string, ...Specs])[] = [
  ["Adam", { family: "deepfm" }, { optimizer: "adam" }],
  ["SGD", { family: "deepfm" }, { optimizer: "sgd", learningRate: 0.3 }],
  ["Adagrad", { family: "dcn-v2" }, { optimizer: "adagrad", learningRate: 0.1 }],
  ["dropout", { family: "mlp", dropout: 0.3 }, {}],
  ["batch norm", { family: "deepfm", batchNorm: true }, {}],
  ["decay that untouched rows owe", { family: "fm" }, { l2Embedding: 0.01, l2Dense: 0.01 }],
  ["a plateau", { family: "deepfm", hidden: [64] }, { schedule: "plateau", learningRate: 0.2, patience: 9, epochs: 6 }],
  ["a cosine", { family: "deepfm" }, { schedule: "cosine" }],
  ["early stop", { family: "deepfm", hidden: [64] }, { learningRate: 0.1, patience: 1, epochs: 20 }],
  ["all of it", { family: "deepfm", batchNorm: true, dropout: 0.2 }, { l2Embedding: 0.01, schedule: "plateau" }],
  ["a teacher", { family: "auto-int" }, {}],
];

describe("a training taken up again gives the same bytes as one that was never stopped", () => {
  it.each(CASES)("with %s, from the end of every epoch", async (_, ...specs) => {
    const { slot, written } = memorySlot();
    const whole = await outcomeOf(request(specs, { checkpoint: slot }));
    expect(written).toHaveLength(whole.history.length);
    expect(await outcomeOf(request(specs, {}))).toEqual(whole);
    for (const bytes of written) {
      expect(await outcomeOf(request(specs, { checkpoint: memorySlot(bytes).slot }))).toEqual(whole);
    }
  });

  it.each(CASES)("with %s, stopped in the middle of an epoch, and again in the next", async (_, ...specs) => {
    const { slot } = memorySlot();
    await stopAfter(2, request(specs, { checkpoint: slot }));
    await stopAfter(5, request(specs, { checkpoint: slot }));
    expect(await outcomeOf(request(specs, { checkpoint: slot }))).toEqual(await outcomeOf(request(specs, {})));
  });
});

it("a training on shards taken up again, in any window, gives the same bytes as one that was never stopped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-shards-"));
  const task = parse(Task, { ...visitTask(), training: { batchSize: 16, epochs: 3, learningRate: 0.02 } });
  const records = visitRows(600).map((row) => ({ ...row }));
  const featureMap = await fitFeatureMap(task, records);
  const builder = createShardingBuilder(createEncoder(featureMap), task, { folder, shardBytes: 300 }); // 13 examples each
  for (const record of records) builder.add(record);
  const train = builder.finish();
  expect(isOnDisk(train)).toBe(true);
  const valid = await loadDataset(task, featureMap, async function* () {
    yield* records.slice(0, 100);
  });
  const asked: TrainRequest = { task, featureMap, train, valid, device: "wasm", seed: 3 };
  const whole = await trainModel(asked);
  expect(whole.history.at(-1)!.trainLogloss).toBeLessThan(whole.history[0]!.trainLogloss);
  const { slot } = memorySlot();
  for (const steps of [5, 20, 30, 35]) await stopAfter(steps, { ...asked, checkpoint: slot });
  const resumed = await trainModel({ ...asked, checkpoint: slot });
  expect(resumed.history).toEqual(whole.history);
  expect(bytesOf(resumed.model!)).toEqual(bytesOf(whole.model!));
  rmSync(folder, { recursive: true });
});

describe("a checkpoint", () => {
  const specs: Specs = [{ family: "deepfm" }, { epochs: 2 }];

  it("of a training that is over trains nothing more", async () => {
    const { slot } = memorySlot();
    await trainModel(request(specs, { checkpoint: slot }));
    const onProgress = () => expect.unreachable();
    expect((await trainModel(request(specs, { checkpoint: slot, onProgress }))).history).toHaveLength(2);
  });

  it("tells how far training is from where it was", async () => {
    const { slot } = memorySlot();
    await stopAfter(7, request(specs, { checkpoint: slot })); // 5 steps an epoch
    const seen: number[] = [];
    const onProgress = ({ samplesDone }: { samplesDone: number }) => seen.push(samplesDone);
    await trainModel(request(specs, { checkpoint: slot, onProgress }));
    expect(seen).toEqual([480, 540, 600]);
  });

  it("of another device is refused", async () => {
    const { slot } = memorySlot();
    await stopAfter(2, request(specs, { checkpoint: slot }));
    const resumed = trainModel(request(specs, { checkpoint: slot, device: "cpu" }));
    await expect(resumed).rejects.toMatchObject({ code: "checkpoint_mismatch", path: "device" });
    expect((await trainModel(request(specs, { checkpoint: slot, device: "auto" }))).device.name).toBe("wasm");
  });

  it("of a model of another shape is refused, and changes nothing", async () => {
    const { slot, written } = memorySlot();
    await stopAfter(2, request(specs, { checkpoint: slot }));
    const others: Specs[] = [
      [{ family: "fm" }, {}],
      [{ family: "deepfm", hidden: [16, 9] }, {}],
      [{ family: "deepfm" }, { optimizer: "sgd" }],
    ];
    for (const other of others) {
      const resumed = trainModel(request(other, { checkpoint: slot }));
      await expect(resumed).rejects.toMatchObject({ code: "checkpoint_unusable" });
    }
    expect(written).toHaveLength(1);
  });

  it("that lacks a part, or holds it otherwise, is refused", async () => {
    const { slot } = memorySlot();
    await stopAfter(7, request(specs, { checkpoint: slot }));
    const tensors = new Map((await slot.read())!);
    const { progress } = checkpointOf(tensors, "here");
    for (const name of [...tensors.keys()].filter((key) => key !== "progress" && !key.startsWith("best"))) {
      const lacking = new Map(tensors);
      lacking.delete(name);
      const { slot: broken } = memorySlot(writeSafetensors(lacking));
      const resumed = trainModel(request(specs, { checkpoint: broken }));
      await expect(resumed).rejects.toMatchObject({ code: "checkpoint_unusable" });
    }
    for (const changed of [{ version: 2 }, { step: -1 }, { device: "abacus" }, { history: null }]) {
      const broken = tensorsOf({ progress: { ...progress, ...(changed as object) }, learner: [], best: null });
      expect(() => checkpointOf(broken, "here")).toThrow(expect.objectContaining({ code: "checkpoint_unusable", path: "here" }));
    }
    expect(() => checkpointOf(new Map(), "here")).toThrow(expect.objectContaining({ code: "checkpoint_unusable" }));
  });
});

// Two towers from data to items: trained, quantized, published and read back, they find what a visitor will click.

import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../shared/artifact/safetensors.ts";
import { sliceBags } from "../../../shared/features/bags.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { createKernelRetriever } from "../../../shared/scoring/kernel-retriever.ts";
import { createReferenceRetriever } from "../../../shared/scoring/retrieval-reference.ts";
import type { Retriever } from "../../../shared/scoring/retriever.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { collectItems } from "../../../training/dataset/collect-items.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { loadParts, type Splits } from "../../../training/dataset/load.ts";
import { openDevice } from "../../../training/engine/device.ts";
import { HostLearner } from "../../../training/engine/learner.ts";
import { Random } from "../../../training/engine/random.ts";
import { type BuiltModel, buildModel } from "../../../training/jobs/build-model.ts";
import { publishModel } from "../../../training/publish/publish.ts";
import { readPublishedModel } from "../../../training/publish/read-model.ts";
import { withItems } from "../../../training/quantize/float-queries.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { floatItemLogits, servedItemLogits } from "../../../training/quantize/score-items.ts";
import { MemoryStore } from "../../memory-store.ts";
import { testKeys } from "../../signing-keys.ts";
import { impressionRecords } from "./impressions.ts";

const task = parse(Task, {
  name: "recommendations",
  label: "clicked",
  fields: [
    { kind: "categorical", name: "user", from: "context" },
    { kind: "categorical", name: "item", from: "candidate" },
  ],
  model: { family: "two-tower", itemField: "item", embeddingDimension: 8, hidden: [16], towerDimension: 8 },
  training: { learningRate: 0.02, batchSize: 256, epochs: 15, patience: 3, l2Embedding: 1e-4 },
});

const records = (count: number, seed: number) =>
  async function* () {
    yield* impressionRecords(count, seed);
  };

let splits: Splits<Dataset>;
let built: BuiltModel;
let retriever: Retriever;

beforeAll(async () => {
  await openDevice("wasm");
  splits = await loadParts(task, [
    { source: records(12_000, 1), split: "train" },
    { source: records(3000, 2), split: "valid" },
    { source: records(6000, 3), split: "test" },
  ]);
  built = await buildModel({ task, splits, device: "wasm", seed: 1 });
  retriever = createKernelRetriever(readKernelModule(), built.served);
}, 120_000);

const itemsOf = () => collectItems(splits.train, splits.featureMap, "item");

describe("a trained two-tower model", () => {
  it("retrieves what was clicked more often than the most popular items do", () => {
    const { retrieved, served, popular } = built.recall!;
    expect(retrieved).toBe(6); // a tenth, which is what a random choice finds
    expect(popular.test!).toBeGreaterThan(0.15);
    expect(served.test!).toBeGreaterThan(popular.test! + 0.05);
  });

  it("holds every item once, and the context's fields alone", () => {
    const { architecture, featureMap } = built.manifest;
    expect(architecture.retrieval).toMatchObject({ items: 60, dimension: 8, hidden: [16] });
    expect(featureMap.fields.map(({ name }) => name)).toEqual(["user"]);
    const ids = Array.from({ length: retriever.itemCount }, (_, item) => retriever.idOf(item));
    expect(ids).toEqual(itemsOf().ids);
    expect(new Set(ids).size).toBe(60);
  });

  it("scores by the kernel what the reference scores, bit for bit, and nearly what floats would", () => {
    const reference = createReferenceRetriever(built.served);
    const part = {
      ...splits.valid,
      context: sliceBags(splits.valid.context, 0, 100),
      labels: splits.valid.labels.subarray(0, 100),
    };
    const { indexOf } = itemsOf();
    expect(servedItemLogits(retriever, part, indexOf)).toEqual(servedItemLogits(reference, part, indexOf));
    expect(built.logits.served.valid.slice(0, 100)).toEqual(servedItemLogits(retriever, part, indexOf));
    const { float, served } = built.metrics;
    expect(Math.abs(float.test!.auc! - served.test!.auc!)).toBeLessThan(0.002);
    const differences = built.logits.float.test!.map((logit, example) => Math.abs(logit - built.logits.served.test![example]!));
    expect(Math.max(...differences)).toBeLessThan(0.1);
  });

  it("can be published, and read back by a retriever of its own", async () => {
    const [store, keys] = [new MemoryStore(), await testKeys("first")];
    const artifact = { manifest: { ...built.manifest, createdMs: 1, codeCommit: null }, weights: built.weights };
    await publishModel({ store, keys, channel: "stable", nowMs: 1 }, artifact);
    const { manifest, weights } = (await readPublishedModel(store, keys.trusted, task.name, "stable"))!.artifact;
    const { featureMap, architecture } = manifest;
    const read = createKernelRetriever(readKernelModule(), { featureMap, architecture, tensors: readSafetensors(weights) });
    const context = sliceBags(splits.valid.context, 7, 1);
    expect(read.retrieve(context, 10)).toEqual(retriever.retrieve(context, 10));
    expect(read.idOf(3)).toBe(retriever.idOf(3));
  });
});

it("computes in floats what it computed in training, batch norm folded", async () => {
  const own = { ...task, model: { ...task.model, hidden: [16, 8], batchNorm: true, dropout: 0.2 } };
  const learner = new HostLearner(own, splits.featureMap, new Random(1));
  const order = Int32Array.from({ length: 500 }, (_, index) => index);
  for (let step = 0; step < 5; step++) await learner.step(splits.train, order, 0, 500, 0.02);
  const trained = await learner.logits(splits.valid, order, 0, 500);
  const { ids, candidates, indexOf } = itemsOf();
  const logits = floatItemLogits(withItems((await learner.exportTowers())!, ids, candidates), splits.valid, indexOf);
  expect(Math.max(...trained.map((logit, example) => Math.abs(logit - logits[example]!)))).toBeLessThan(1e-4);
});

it("scores an item that it does not hold as the worst of those that it does", async () => {
  const unknown = () => -1;
  const part = { ...splits.valid, context: sliceBags(splits.valid.context, 0, 3), labels: splits.valid.labels.subarray(0, 3) };
  const worst = [0, 1, 2].map((example) => retriever.retrieve(sliceBags(part.context, example, 1), 60).scores[59]);
  expect([...servedItemLogits(retriever, part, unknown)]).toEqual(worst);
});

// One example, raw JSON on both sides: the training run's logit and the real Worker's over HTTP are the same bits.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "../../shared/schemas/coded-error.ts";
import { PredictionResponse } from "../../shared/schemas/predictions.ts";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import { adClick } from "../../shared/tasks/ad-click.ts";
import { Task } from "../../shared/tasks/task.ts";
import { loadDataset, loadParts } from "../../training/dataset/load.ts";
import { type BuiltModel, buildModel } from "../../training/jobs/build-model.ts";
import { type Platform, startPlatform } from "../../training/local/platform.ts";
import { publishModel } from "../../training/publish/publish.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { readKernelModule } from "../../training/quantize/kernel-module.ts";
import { scoreDataset } from "../../training/quantize/score-dataset.ts";
import { simulatedExamples } from "../../training/simulate/examples.ts";
import { createMarket } from "../../training/simulate/market.ts";
import { testKeys } from "../signing-keys.ts";

type Json = Record<string, unknown>;

const market = createMarket(1);
const crowd = { market, crowd: 3, visitorCount: 700, firstMs: Date.UTC(2026, 10, 20), days: 3, policy: "random" } as const;
const clicks: Json[] = Array.from(simulatedExamples(crowd), ({ record }) => record);

/** A task with a field of every kind. */
const everyKind = parse(Task, {
  name: "every-kind",
  label: "label",
  fields: [
    { kind: "numeric", name: "age", from: "context" },
    { kind: "numeric", name: "income", from: "context", transform: "log", input: "value" },
    { kind: "numeric", name: "distance", from: "candidate", transform: "quantile", buckets: 7, missing: "mean" },
    { kind: "categorical", name: "city", from: "context", ids: { hashSpace: 50 } },
    { kind: "multi", name: "tags", from: "candidate" },
    { kind: "text", name: "title", from: "candidate", hashSpace: 200 },
    { kind: "vector", name: "image", from: "candidate", dimension: 3, input: "value" },
    { kind: "sequence", name: "history", from: "context", maxLength: 4 },
  ],
  model: { family: "deepfm", embeddingDimension: 4, hidden: [8], batchNorm: true },
  training: { epochs: 2, batchSize: 64 },
});

const kinds: Json[] = Array.from({ length: 800 }, (_, i) => ({
  age: i % 5 === 0 ? null : 18 + (i % 60) + 0.1,
  income: i % 7 === 0 ? undefined : 900 * 1.01 ** (i % 400),
  distance: ((i * 37) % 101) / 3,
  city: ["Zürich", "København", "Praha", "東京"][i % 4],
  tags: i % 3 === 0 ? { red: 0.25, blue: 1.5 } : ["red", "green"].slice(i % 2),
  title: ["Schöne neue Welt", "a new sale", "", "👟 shoes"][(i >> 2) % 4],
  image: [Math.sin(i), Math.cos(i), i / 800],
  history: ["a", "b", "c", "d", "e"].slice(i % 5),
  label: (i * 7919) % 11 < 3 ? 1 : 0,
}));

/** What nobody trained on: unseen, missing, of another type, out of every range. */
const odd: Json[] = [
  {},
  { age: 1e300, income: -5, distance: "12.5", city: "", tags: "red|unseen", title: 7, image: [1, 2], history: "a|b" },
  { age: "abc", income: "1e3", distance: null, city: 12, tags: [], title: null, image: "1|2|3", history: [1, 2, 3] },
  { device: "toaster", hour: "7", interests: "games|games", creativeId: null, title: "TODAY today tödäy", position: 2.0 },
  { device: true, hour: 7.5, interests: { games: 3 }, creativeId: 12, category: ["games"], position: -1, brand: "élm" },
];

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({
    port: null,
    stateDir: null,
    workerVars: { PUBLIC_KEYS: (await testKeys("first")).publicKey },
  });
});
afterAll(() => platform.dispose());

async function trainAndPublish(task: Task, records: readonly Json[]): Promise<BuiltModel> {
  const source = async function* () {
    yield* records;
  };
  const splits = await loadParts(task, [{ source, split: (_, index) => (index % 5 === 0 ? "valid" : "train") }]);
  const built = await buildModel({ task, splits, device: "wasm", seed: 1 });
  const { storeEndpoint, credentials } = platform;
  const store = createS3Store({ endpoint: storeEndpoint, region: "auto", credentials }, "selvedge-artifacts");
  const publisher = { store, keys: await testKeys("first"), channel: "stable", nowMs: Date.now() } as const;
  await publishModel(publisher, { manifest: { ...built.manifest, createdMs: 0, codeCommit: null }, weights: built.weights });
  return built;
}

/** As training and evaluation read it: lines of JSON -> records -> encoded set -> the kernel. */
async function logitsInTraining(task: Task, { served }: BuiltModel, lines: readonly string[]): Promise<number[]> {
  const source = async function* () {
    for (const line of lines) yield { ...(JSON.parse(line) as Json), [task.label]: 0, ...(task.time && { [task.time]: 0 }) };
  };
  const data = await loadDataset(task, served.featureMap, source);
  return [...scoreDataset(createKernelScorer(readKernelModule(), served), data)];
}

/** As a site asks: context and candidate apart, over HTTP. */
async function logitsAtTheEdge(task: Task, lines: readonly string[]): Promise<(number | null)[]> {
  const sideOf = (record: Json, side: string) =>
    Object.fromEntries(
      task.fields.filter(({ from, name }) => from === side && name in record).map(({ name }) => [name, record[name]]),
    );
  const ask = async (line: string): Promise<number | null> => {
    const record = JSON.parse(line) as Json;
    const body = { features: sideOf(record, "context"), candidates: [{ features: sideOf(record, "candidate") }] };
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${platform.origin}/v1/predictions/${task.name}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return parse(PredictionResponse, await answer.json()).predictions[0]?.logit ?? null;
  };
  const logits: (number | null)[] = [];
  for (const line of lines) logits.push(await ask(line));
  return logits;
}

describe.each([
  { task: adClick, records: clicks },
  { task: everyKind, records: kinds },
])("$task.name", ({ task, records }) => {
  it("has the same logits, bit for bit", async () => {
    const built = await trainAndPublish(task, records);
    const lines = [...records.filter((_, index) => index % 17 === 0), ...odd].map((record) => JSON.stringify(record));
    const inTraining = await logitsInTraining(task, built, lines);
    expect(await logitsAtTheEdge(task, lines)).toEqual(inTraining);
    expect(new Set(inTraining).size).toBeGreaterThan(lines.length / 4);
  });
});

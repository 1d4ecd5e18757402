// Retraining on simulated events: a first model is published, a worse one refused, and every refusal leaves its report and no more.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventKey } from "../../../shared/artifact/keys.ts";
import { versionOf } from "../../../shared/artifact/manifest.ts";
import { readPointer } from "../../../shared/artifact/read-published.ts";
import { adClick } from "../../../shared/tasks/ad-click.ts";
import type { Task } from "../../../shared/tasks/task.ts";
import { type RetrainRequest, type RetrainRun, type RetrainStage, retrain } from "../../../training/jobs/retrain.ts";
import { readArtifactFolder } from "../../../training/publish/artifact.ts";
import { publishModel } from "../../../training/publish/publish.ts";
import { visitEvents } from "../../../training/simulate/event-log.ts";
import { createMarket, DEFAULT_SEED } from "../../../training/simulate/market.ts";
import { visits } from "../../../training/simulate/visits.ts";
import { MemoryStore } from "../../memory-store.ts";
import { testKeys } from "../../signing-keys.ts";

const FIRST_MS = Date.UTC(2026, 10, 20);
const DAYS = 2;
const DAY_MS = 86_400_000;
const keys = await testKeys("first");
const root = mkdtempSync(join(tmpdir(), "selvedge-retrain-test-"));
const eventStore = new MemoryStore();

/** Less data than ad-click is made for: fewer weights, and time enough to fit them. */
const small: Task = {
  ...adClick,
  fields: adClick.fields.filter(({ name }) => ["creativeId", "position", "segment"].includes(name)),
  model: { ...adClick.model, family: "logistic" },
  training: { ...adClick.training, learningRate: 0.02, batchSize: 256 },
};

/** Sees nothing of the creative: what is left to learn is less. */
const blind: Task = { ...small, fields: small.fields.filter(({ name }) => name === "segment") };

beforeAll(async () => {
  const crowd = {
    market: createMarket(DEFAULT_SEED),
    crowd: 7,
    visitorCount: 3000,
    firstMs: FIRST_MS,
    days: DAYS,
    policy: "random",
  } as const;
  const lines = Array.from(visits(crowd), (visit) => visitEvents(visit, "random"))
    .flat()
    .map((event) => JSON.stringify(event));
  const half = Math.floor(lines.length / 2);
  const batches = { a: lines.slice(0, half + 100), b: lines.slice(half) }; // a hundred are in both
  for (const [batch, some] of Object.entries(batches)) {
    await eventStore.put(eventKey(FIRST_MS, batch), new TextEncoder().encode(some.join("\n")), null);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

let runCount = 0;
const requestOf = (store: MemoryStore, overrides: Partial<RetrainRequest> = {}): RetrainRequest => ({
  task: small,
  eventStore,
  sinceMs: FIRST_MS,
  attribution: { outcome: "click", windowMs: 1_800_000, settleMs: null },
  minExamples: 1000,
  device: "wasm",
  seed: 1,
  publisher: { store, keys, channel: "stable" },
  dryRun: false,
  folder: join(root, `run-${runCount++}`),
  codeCommit: null,
  now: () => FIRST_MS + (DAYS + 1) * DAY_MS,
  onStage: () => {},
  signal: new AbortController().signal,
  ...overrides,
});

const sequenceOf = async (store: MemoryStore) => (await readPointer(store, keys.trusted, small.name, "stable"))?.pointer.sequence;
const readJson = (folder: string, name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

/** The first model, made once: on a store of its own, and then the champion on others. */
const firstStore = new MemoryStore();
const firstRequest = requestOf(firstStore);
let first: RetrainRun;
beforeAll(async () => {
  first = await retrain(firstRequest);
}, 60_000);

async function storeWithChampion(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await publishModel(
    { store, keys, channel: "stable", nowMs: 0 },
    await readArtifactFolder(join(firstRequest.folder, "artifact")),
  );
  return store;
}

describe("retraining", { timeout: 60_000 }, () => {
  it("publishes a first model that beats the base rate, and leaves everything that it came from", async () => {
    const run = first;
    const { folder } = firstRequest;
    expect(run.verdict).toMatchObject({ publish: true, reason: "better_than_base_rate" });
    expect(run.report.join.dropped).toMatchObject({ duplicate: 100, line_malformed: 0, outcome_without_decision: 0 });
    const { train, valid, test } = run.report.split;
    expect(train.endMs).toBe(valid.firstMs);
    expect(valid.endMs).toBe(test.firstMs);
    expect(train.examples + valid.examples + test.examples).toBe(run.report.join.examples);
    const { comparison } = run.report;
    expect(comparison?.challenger.logloss).toBeLessThan(comparison?.baseRateLogloss ?? 0);
    expect(readJson(folder, "report.json")).toEqual(run.report);
    expect(readJson(folder, "publication.json").published.version).toBe(run.published?.version);
    const pointer = await readPointer(firstStore, keys.trusted, small.name, "stable");
    expect(versionOf(pointer?.pointer.digest ?? "")).toBe(run.published?.version);
    const { manifest } = await readArtifactFolder(join(folder, "artifact"));
    expect(manifest.dataRange?.lastMs).toBeLessThan(test.firstMs);
  });

  it("scores a champion as it was scored when it was the challenger, and lets an equal one pass", async () => {
    const store = await storeWithChampion();
    const again = await retrain(requestOf(store));
    expect(again.report.comparison?.champion).toEqual(first.report.comparison?.challenger);
    expect(again.verdict).toMatchObject({ publish: true, reason: "no_worse_than_champion" });
    expect(await sequenceOf(store)).toBe(2);
  });

  it("refuses a worse challenger, whatever fields it has, and keeps the champion and the report", async () => {
    const store = await storeWithChampion();
    const request = requestOf(store, { task: blind });
    const refused = await retrain(request);
    expect(refused.verdict).toMatchObject({ publish: false, reason: "worse_than_champion" });
    expect(refused.published).toBeNull();
    expect(refused.report.comparison?.champion).toEqual(first.report.comparison?.challenger);
    expect(await sequenceOf(store)).toBe(1);
    expect(readJson(request.folder, "report.json").verdict).toEqual(refused.verdict);
    expect(existsSync(join(request.folder, "publication.json"))).toBe(false);
  });

  it("refuses data that are too few before anything is trained", async () => {
    const store = new MemoryStore();
    const stages: RetrainStage[] = [];
    const request = requestOf(store, { minExamples: 1_000_000, onStage: (stage) => stages.push(stage) });
    const { verdict, published } = await retrain(request);
    expect([verdict.reason, published, store.objects.size]).toEqual(["too_few_examples", null, 0]);
    expect(stages).toEqual(["reading events", "joining"]);
    expect(readJson(request.folder, "report.json").verdict.reason).toBe("too_few_examples");
  });

  it("refuses a family that retrieves, before it reads an event", async () => {
    const task: Task = { ...small, model: { ...small.model, family: "two-tower", itemField: "creativeId" } };
    const onStage = () => expect.unreachable();
    const running = retrain(requestOf(new MemoryStore(), { task, onStage }));
    await expect(running).rejects.toMatchObject({ code: "family_not_retrained", path: "model.family" });
  });

  it("refuses when there are no events at all", async () => {
    const { verdict } = await retrain(requestOf(new MemoryStore(), { eventStore: new MemoryStore() }));
    expect(verdict).toMatchObject({ publish: false, reason: "too_few_examples" });
  });

  it("refuses when somebody else publishes while it compares", async () => {
    const store = await storeWithChampion();
    const rival = await readArtifactFolder(join(firstRequest.folder, "artifact"));
    let interfered: Promise<unknown> = Promise.resolve();
    const onStage = (stage: RetrainStage) => {
      if (stage === "writing") interfered = publishModel({ store, keys, channel: "stable", nowMs: 0 }, rival);
    };
    const request = requestOf(store, { onStage });
    const { verdict, published } = await retrain(request);
    await interfered;
    expect([verdict.reason, published]).toEqual(["champion_moved", null]);
    expect(await sequenceOf(store)).toBe(2);
    expect(readJson(request.folder, "publication.json").verdict.reason).toBe("champion_moved");
  });

  it("does everything but publish in a dry run", async () => {
    const store = new MemoryStore();
    const { verdict, published } = await retrain(requestOf(store, { dryRun: true }));
    expect([verdict.publish, published, store.objects.size]).toEqual([true, null, 0]);
  });

  it("leaves no folder behind when it is stopped", async () => {
    const stop = new AbortController();
    const onStage = (stage: RetrainStage) => stage === "training" && stop.abort(new Error("enough"));
    const request = requestOf(new MemoryStore(), { onStage, signal: stop.signal });
    await expect(retrain(request)).rejects.toThrow("enough");
    expect(existsSync(request.folder)).toBe(false);
  });
});

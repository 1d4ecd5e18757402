// A report on a split that is on disk looks at a sample, and says so; of one in memory, at all examples.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadParts, type Splits, streamParts } from "../../../training/dataset/load.ts";
import { isOnDisk } from "../../../training/dataset/shards.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { findOut, type ReportRequest } from "../../../training/report/findings.ts";
import { MODEL_CARD_FILE, REPORT_FILE, reportOn } from "../../../training/report/report.ts";
import { visitRows, visitTask } from "../commands/visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-findings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const task = parse(Task, visitTask());
const part = (from: number, to: number) =>
  async function* () {
    for (const row of visitRows(to).slice(from)) yield { ...row };
  };
const parts = [
  { source: part(0, 700), split: "train" },
  { source: part(700, 1000), split: "valid" },
  { source: part(1000, 6000), split: "test" },
] as const;

async function requestOf(splits: Splits): Promise<ReportRequest> {
  const built = await buildModel({ task, splits, device: "wasm", seed: 1 });
  return { task, splits, built, seed: 1, createdMs: 0, codeCommit: null, origin: [], command: "npm run train" };
}

let [inMemory, onDisk]: ReportRequest[] = [];
beforeAll(async () => {
  const whole = await loadParts(task, parts);
  const { test } = await streamParts(task, parts, { folder, shardBytes: 3000 });
  if (!test || !isOnDisk(test)) throw new Error("expected shards");
  [inMemory, onDisk] = [await requestOf(whole), await requestOf({ ...whole, test })];
});

describe("findings on a split in memory", () => {
  it("are of all its examples", async () => {
    const { examined } = await findOut(inMemory!);
    expect(examined.data).toBe(inMemory!.splits.test);
    expect(examined.splitExamples).toBe(5000);
    const { sampleExamples, texts } = await reportOn(inMemory!);
    expect(sampleExamples).toBeUndefined();
    expect(texts[REPORT_FILE]).toContain("On the 5,000 examples of the test split, scored");
    expect(Object.values(texts).join()).not.toContain("drawn at random");
  });
});

describe("findings on a split on disk", () => {
  it("are of some of its examples, each with its own scores", async () => {
    const { examined, segments, importance, built } = await findOut(onDisk!);
    const { data, probabilities, rawProbabilities, floatLogits, servedLogits } = examined;
    expect(data.labels.length).toBeGreaterThan(1000);
    expect(data.labels.length).toBeLessThan(4000);
    for (const values of [probabilities, rawProbabilities, floatLogits]) expect(values).toHaveLength(data.labels.length);
    expect(servedLogits).toEqual(built.score(data));
    expect(Math.max(...servedLogits.map((logit, index) => Math.abs(logit - floatLogits[index]!)))).toBeLessThan(0.2);
    const ofUsers = segments.filter(({ field }) => field === "user");
    expect(ofUsers.reduce((sum, { examples }) => sum + examples, 0)).toBeLessThanOrEqual(data.labels.length);
    expect(importance.examples).toBe(data.labels.length);
  });

  it("are the same for the same seed", async () => {
    expect(await reportOn(onDisk!)).toEqual(await reportOn(onDisk!));
  });

  it("say how many, while metrics are of the whole", async () => {
    const { sampleExamples, texts } = await reportOn(onDisk!);
    const sampled = `${sampleExamples!.toLocaleString("en")} drawn at random from the 5,000 examples of the test split`;
    expect(texts[REPORT_FILE]).toContain(`On ${sampled}, scored by the kernel that serves.`);
    expect(texts[REPORT_FILE]).toContain(`by what chance does not explain. Among ${sampled}.`);
    expect(texts[MODEL_CARD_FILE]).toContain(`worst beyond chance, among ${sampled}`);
    expect(onDisk!.built.metrics).toEqual(inMemory!.built.metrics);
  });
});

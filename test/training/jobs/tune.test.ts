// A search from data to its best task: what counts as a trial, which of them win, and that it only looks at what it may.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadSplits } from "../../../training/dataset/load.ts";
import { splitRandom } from "../../../training/dataset/split.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { type TuneRequest, tune } from "../../../training/jobs/tune.ts";
import { parseSpace } from "../../../training/search/space.ts";
import { visitRows, visitTask, writeVisits } from "../commands/visits-data.ts";

const root = mkdtempSync(join(tmpdir(), "selvedge-tune-job-"));
afterAll(() => rmSync(root, { recursive: true }));

const rows = visitRows(900);
const [train, valid] = [
  await writeVisits(root, "train.csv", rows.slice(0, 600)),
  await writeVisits(root, "valid.csv", rows.slice(600)),
];
const task = parse(Task, { ...visitTask(), training: { batchSize: 128, epochs: 3, learningRate: 0.01 } });
const rates = parseSpace({ "training.learningRate": { log: [1e-5, 1] } }, task);

let folderCount = 0;
const ask = (changes: Partial<TuneRequest> = {}): TuneRequest => ({
  task,
  space: rates,
  files: { train, valid },
  device: "wasm",
  seed: 1,
  trials: 4,
  folder: join(root, `search-${folderCount++}`),
  onStage: () => {},
  onProgress: () => {},
  onRow: () => {},
  signal: new AbortController().signal,
  ...changes,
});
const readTask = (file: string) => parse(Task, JSON.parse(readFileSync(file, "utf8")));

describe("tune", () => {
  it("ends with the best task, whose training comes to what its last row says", async () => {
    const { ranking, rungs, bestTaskFile } = await tune(ask());
    expect(rungs).toEqual([
      { epochs: 1, trialCount: 4 },
      { epochs: 3, trialCount: 1 },
    ]);
    expect(ranking.map(({ rung }) => rung)).toEqual([2, 1, 1, 1]);
    const best = readTask(bestTaskFile);
    expect(best).toEqual({
      ...task,
      training: { ...task.training, learningRate: ranking[0]?.parameters["training.learningRate"] },
    });
    const splits = await loadSplits({ task: best, seed: 1, train, valid });
    const { metrics } = await buildModel({ task: best, splits, device: "wasm", seed: 1 });
    const { logloss, auc } = metrics.float.valid;
    expect(ranking[0]?.valid.logloss).toBeCloseTo(logloss, 6); // tfjs in f32, plain loops in f64
    expect(ranking[0]?.valid.auc).toBeCloseTo(auc ?? 0, 4);
  });

  it("counts a training that diverges as a trial that lost", async () => {
    const space = parseSpace(
      { "training.learningRate": { choice: [0.01, 1e30] }, "training.optimizer": { choice: ["sgd"] } },
      task,
    );
    const seen: string[] = [];
    const { ranking } = await tune(ask({ space, onRow: (row) => seen.push(row.status === "failed" ? row.code : row.status) }));
    expect(new Set(seen)).toEqual(new Set(["finished", "training_diverged"]));
    expect(ranking.every(({ parameters }) => parameters["training.learningRate"] === 0.01)).toBe(true);
  });

  it("says so where nothing can be trained", async () => {
    const space = parseSpace({ "training.learningRate": { choice: [1e30] }, "training.optimizer": { choice: ["sgd"] } }, task);
    await expect(tune(ask({ space, trials: 2 }))).rejects.toMatchObject({ code: "search_failed", path: "space" });
  });

  it("leaves no folder behind where the data cannot be learned from", async () => {
    writeFileSync(join(root, "bad.csv"), "user,item,clicked\nu1,i1,maybe\n");
    const request = ask({ files: { train, valid: join(root, "bad.csv") } });
    await expect(tune(request)).rejects.toMatchObject({ code: "label_not_binary" });
    expect(existsSync(request.folder)).toBe(false);
  });

  it("lets trials learn from the task's teachers", async () => {
    const taught = parse(Task, { ...task, teachers: [{ model: { family: "fm", embeddingDimension: 4 } }] });
    const models: string[] = [];
    const { ranking } = await tune(ask({ task: taught, trials: 1, onProgress: ({ model }) => models.push(model ?? "") }));
    const alone = await tune(ask({ trials: 1 }));
    expect(new Set(models)).toEqual(new Set(["teacher 1/1, fm", "rung 1, trial 1/1"]));
    expect(ranking[0]?.valid.logloss).not.toBe(alone.ranking[0]?.valid.logloss);
  });

  it("trains nothing again in a folder that is complete, and gives the same answer", async () => {
    const request = ask({ trials: 3 });
    const first = await tune(request);
    const seen: unknown[] = [];
    expect(await tune({ ...request, onRow: (row) => seen.push(row) })).toEqual(first);
    expect(seen).toEqual([]);
  });

  it("does not believe a row that it would not have written", async () => {
    const request = ask({ trials: 1 });
    await tune(request);
    const file = join(request.folder, "trials.ndjson");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"training.learningRate":[^}]*/, '"training.learningRate":0.5'));
    await expect(tune(request)).rejects.toMatchObject({ code: "trial_foreign", path: file });
  });

  it("comes to the same whatever the labels of the test part, of data that it splits itself", async () => {
    const data = [await writeVisits(root, "all.csv", rows)];
    const turnedFile = await writeVisits(root, "turned.csv", rows);
    const { ranking } = await tune(ask({ files: { data }, trials: 2 }));
    const { split } = splitRandom(async function* () {}, 1);
    if (typeof split === "string") throw new Error("rows are dealt out one by one");
    const lines = readFileSync(turnedFile, "utf8").trimEnd().split("\n");
    const turned = lines.map((line, index) =>
      index > 0 && split({}, index - 1) === "test" ? line.replace(/.$/, (y) => String(1 - Number(y))) : line,
    );
    expect(turned).not.toEqual(lines);
    writeFileSync(turnedFile, `${turned.join("\n")}\n`);
    const again = await tune(ask({ files: { data: [turnedFile] }, trials: 2 }));
    expect(again.ranking.map(({ valid: metrics }) => metrics)).toEqual(ranking.map(({ valid: metrics }) => metrics));
  });

  it("stops with the signal's reason, and keeps the rows that were done", async () => {
    const controller = new AbortController();
    const request = ask({ signal: controller.signal, onRow: () => controller.abort(new Error("enough")) });
    await expect(tune(request)).rejects.toThrow("enough");
    expect(readFileSync(join(request.folder, "trials.ndjson"), "utf8").trimEnd().split("\n")).toHaveLength(1);
  });
});

// A search's folder belongs to one search, and is gone on with wherever that was stopped.
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { appendTrial, beginSearch, findSearch, hashFiles, type Search } from "../../../training/jobs/search-folder.ts";
import type { TrialRow } from "../../../training/search/trial-row.ts";
import { visitTask } from "../commands/visits-data.ts";

const root = mkdtempSync(join(tmpdir(), "selvedge-search-"));
afterAll(() => rmSync(root, { recursive: true }));
let folderCount = 0;
const newFolder = () => join(root, `search-${folderCount++}`);

const search: Search = {
  task: parse(Task, visitTask()),
  space: { "model.dropout": { uniform: [0, 0.5] } },
  trials: 9,
  seed: 1,
  device: "auto",
  data: { train: ["aa"], valid: ["bb"] },
};
const row = (trial: number): TrialRow => ({
  status: "finished",
  trial,
  rung: 1,
  epochs: 2,
  parameters: { "model.dropout": 0.1 + trial / 100 },
  valid: { logloss: 0.5, auc: 0.7 },
  seconds: 0.1,
  device: "wasm",
});

describe("a search's folder", () => {
  it("gives back its rows to the same search", async () => {
    const folder = newFolder();
    expect(await findSearch(folder, search)).toBeNull();
    await beginSearch(folder, search);
    expect(await findSearch(folder, search)).toEqual([]);
    for (const trial of [1, 2]) await appendTrial(folder, row(trial));
    expect(await findSearch(folder, search)).toEqual([row(1), row(2)]);
    expect(readdirSync(root).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  const others: [keyof Search, Partial<Search>][] = [
    ["task", { task: { ...search.task, label: "bought" } }],
    ["space", { space: { "model.dropout": { uniform: [0, 0.4] } } }],
    ["trials", { trials: 10 }],
    ["seed", { seed: 2 }],
    ["device", { device: "wasm" }],
    ["data", { data: { train: ["aa"], valid: ["cc"] } }],
  ];
  it.each(others)("is refused to a search with another %s, by that name", async (name, change) => {
    const folder = newFolder();
    await beginSearch(folder, search);
    const opened = findSearch(folder, { ...search, ...change });
    await expect(opened).rejects.toMatchObject({ code: "search_differs", path: name, message: expect.stringContaining(folder) });
  });

  it("drops a last row that was cut wherever it was, and goes on behind the rows before it", async () => {
    const folder = newFolder();
    await beginSearch(folder, search);
    for (const trial of [1, 2]) await appendTrial(folder, row(trial));
    const file = join(folder, "trials.ndjson");
    const whole = readFileSync(file);
    const firstEnd = whole.indexOf("\n") + 1;
    for (let length = firstEnd; length < whole.length; length += 7) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      expect(await findSearch(folder, search)).toEqual([row(1)]);
      await appendTrial(folder, row(2));
      expect(readFileSync(file)).toEqual(whole);
    }
  });

  it("says where a row is damaged in the middle", async () => {
    const folder = newFolder();
    await beginSearch(folder, search);
    const file = join(folder, "trials.ndjson");
    writeFileSync(file, `${JSON.stringify(row(1))}\n{"trial":\n`);
    await expect(findSearch(folder, search)).rejects.toMatchObject({ code: "json_malformed", path: `${file}:2` });
  });

  it("is not made where something else lies", async () => {
    await expect(findSearch(root, search)).rejects.toMatchObject({ code: "run_exists" });
    const folder = newFolder();
    await beginSearch(folder, search);
    writeFileSync(join(folder, "search.json"), "{");
    await expect(findSearch(folder, search)).rejects.toMatchObject({ code: "search_malformed" });
  });
});

it("knows files by their bytes, whatever their names", async () => {
  const [a, b, c] = ["a.csv", "b.csv", "c.csv"].map((name) => join(root, name)) as [string, string, string];
  for (const [file, text] of [
    [a, "one"],
    [b, "one"],
    [c, "two"],
  ] as const)
    writeFileSync(file, text);
  const { train, data, valid } = await hashFiles({ train: a, data: [b, c], valid: undefined });
  expect(data?.[0]).toBe(train?.[0]);
  expect(data?.[1]).not.toBe(train?.[0]);
  expect(valid).toBeUndefined();
  await expect(hashFiles({ train: join(root, "none") })).rejects.toMatchObject({ code: "file_not_found" });
});

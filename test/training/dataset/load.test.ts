// From files and sources to encoded splits; the feature map never sees anything but the training split.
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadDataset, loadParts, loadSplits, loadUntested, streamSplits } from "../../../training/dataset/load.ts";
import type { RecordSource } from "../../../training/dataset/record-source.ts";
import { isOnDisk, ShardReader } from "../../../training/dataset/shards.ts";
import { writeTemporary } from "./temporary-files.ts";

const random = parse(Task, {
  name: "test",
  label: "y",
  fields: [
    { kind: "categorical", name: "city", from: "context" },
    { kind: "multi", name: "tags", from: "candidate" },
  ],
});
const timed: Task = { ...random, time: "at" };

const source = (rows: readonly object[]): RecordSource =>
  async function* () {
    for (const row of rows) yield { ...row };
  };

const HEADER = "y,at,city,tags\n";
const rowsOf = (count: number) => Array.from({ length: count }, (_, i) => `${i % 2},${(i * 7919) % count},c${i},t${i % 3}|t4\n`);

describe("loadSplits", () => {
  it("splits one file by time, fits on the oldest part and encodes the rest as unseen", async () => {
    const data = [await writeTemporary("a.csv", HEADER + rowsOf(1000).join(""))];
    const { featureMap, train, valid, test, dataRange } = await loadSplits({ task: timed, seed: 1, data });
    expect([train.labels.length, valid.labels.length, test?.labels.length]).toEqual([700, 150, 150]);
    expect(Math.max(...(train.timesMs ?? []))).toBeLessThan(Math.min(...(valid.timesMs ?? [])));
    expect(Math.max(...(valid.timesMs ?? []))).toBeLessThan(Math.min(...(test?.timesMs ?? [])));
    expect(dataRange).toEqual({ firstMs: 0, lastMs: 849 });
    expect(featureMap.fields[0]).toMatchObject({ name: "city", rowCount: 702 });
    expect(valid.context.rows.every((row) => row === 1)).toBe(true); // each city occurs once
    expect(new Set(train.context.rows).size).toBe(700);
  });

  it("splits at random without a time, the same for the same seed", async () => {
    const data = [await writeTemporary("a.csv", HEADER + rowsOf(2000).join(""))];
    const [first, again, other] = await Promise.all([1, 1, 2].map((seed) => loadSplits({ task: random, seed, data })));
    expect(again).toEqual(first);
    expect(other?.featureMap).not.toEqual(first?.featureMap);
    expect(Math.abs((first?.train.labels.length ?? 0) - 1400)).toBeLessThan(70);
    expect(Math.abs((first?.valid.labels.length ?? 0) - 300)).toBeLessThan(55);
    expect(first?.train.timesMs).toBeNull();
    expect(first?.dataRange).toBeNull();
  });

  it("loads several files as one data set, and given splits as they are", async () => {
    const files = await Promise.all(["a.csv", "b.csv.gz"].map((name) => writeTemporary(name, HEADER + rowsOf(100).join(""))));
    const [train, valid] = files;
    const together = await loadSplits({ task: random, seed: 3, data: files });
    const counts = [together.train, together.valid, together.test].map((split) => split?.labels.length ?? 0);
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
    const given = await loadSplits({ task: random, seed: 3, train, valid });
    expect([given.train.labels.length, given.valid.labels.length, given.test]).toEqual([100, 100, null]);
  });

  it("leaves the test split out where it is asked to, and nothing else", async () => {
    const request = { task: timed, seed: 1, data: [await writeTemporary("a.csv", HEADER + rowsOf(1000).join(""))] };
    expect(await loadUntested(request)).toEqual({ ...(await loadSplits(request)), test: null });
  });

  it.each([
    ["nothing", {}, "data_missing"],
    ["train without valid", { train: "a.csv" }, "data_missing"],
    ["both ways at once", { data: ["a.csv"], train: "a.csv" }, "data_ambiguous"],
  ])("refuses %s", async (_, files, code) => {
    await expect(loadSplits({ task: random, seed: 1, ...files })).rejects.toMatchObject({ code });
  });

  it("keeps equal times together, and says so where there are too few", async () => {
    const load = async (times: readonly number[]) => {
      const rows = times.map((at, i) => `${i % 2},${at},x,y\n`);
      const { train, valid, test } = await loadSplits({
        task: timed,
        seed: 1,
        data: [await writeTemporary("a.csv", HEADER + rows.join(""))],
      });
      return [train.timesMs, valid.timesMs, test?.timesMs].map((all) => [...new Set(all)]);
    };
    expect(await load([1, 1, 1, 1, 1, 1, 1, 1, 2, 3])).toEqual([[1], [2], [3]]);
    expect(await load([1, 2, 3, 3, 3, 3, 3, 3, 3, 3])).toEqual([[1], [2], [3]]);
    await expect(load([1, 1, 2, 2])).rejects.toMatchObject({ code: "times_indistinct", path: "time" });
  });

  it("names the split that has no examples", async () => {
    const data = [await writeTemporary("a.csv", `${HEADER}1,1,x,y\n`)];
    await expect(loadSplits({ task: random, seed: 1, data })).rejects.toMatchObject({ code: "split_empty" });
  });
});

describe("streamSplits", () => {
  it("gives what loadSplits does, with splits on disk where they are large, but for teachers", async () => {
    const path = await writeTemporary("a.csv", HEADER + rowsOf(1000).join(""));
    const asked = { seed: 1, data: [path] };
    const shards = { folder: join(dirname(path), "shards"), shardBytes: 200 };
    const whole = await loadSplits({ ...asked, task: timed });
    const streamed = await streamSplits({ ...asked, task: timed, shards });
    expect([streamed.featureMap, streamed.dataRange]).toEqual([whole.featureMap, whole.dataRange]);
    for (const split of ["train", "valid", "test"] as const) {
      const data = streamed[split];
      if (!data || !isOnDisk(data)) throw new Error("expected shards");
      expect(data.labels).toEqual(whole[split]!.labels);
      expect(await new ShardReader(data).read(data.shards)).toEqual(whole[split]);
    }
    const taught = parse(Task, { ...timed, teachers: [{}] });
    expect(await streamSplits({ ...asked, task: taught, shards })).toEqual(whole);
  });
});

describe("loadParts", () => {
  it("takes records from anywhere, and reads each source no more often than it must", async () => {
    const passes: string[] = [];
    const counted = (name: string, rows: readonly object[]): RecordSource => {
      const records = source(rows);
      return () => {
        passes.push(name);
        return records();
      };
    };
    const { train, valid, test } = await loadParts(random, [
      { source: counted("old", [{ y: 1, city: "a", tags: ["x", "z"] }]), split: "train" },
      { source: counted("new", [{ y: true, city: "b" }]), split: "valid" },
    ]);
    expect(passes).toEqual(["old", "old", "new"]);
    expect([...train.labels, ...valid.labels]).toEqual([1, 1]);
    expect(test).toBeNull();
    expect([...train.candidate.rows]).toEqual([5, 6]);
    expect([...train.candidate.weights]).toEqual([0.5, 0.5]);
  });

  it("reads the step on the way to the label, where the task names one", async () => {
    const rows = [
      { y: 1, seen: true, city: "a" },
      { y: 0, seen: 1 },
      { y: 0, seen: "0" },
    ];
    const parts = [
      { source: source(rows), split: "train" as const },
      { source: source(rows.slice(1)), split: "valid" as const },
    ];
    const { train, valid } = await loadParts({ ...random, through: "seen" }, parts);
    expect([[...train.through!], [...valid.through!]]).toEqual([
      [1, 1, 0],
      [1, 0],
    ]);
    expect((await loadParts(random, parts)).train.through).toBeUndefined();
  });

  it("says which record has no label", async () => {
    const part = { source: source([{ y: 1 }, { city: "a" }]), split: "train" as const };
    await expect(loadParts(random, [part])).rejects.toMatchObject({ code: "label_missing", path: "record:2" });
  });
});

describe("loadDataset", () => {
  it("encodes with a map that was fitted before", async () => {
    const rows = [
      { y: 1, city: "a" },
      { y: 0, city: "b" },
    ];
    const parts = [
      { source: source(rows), split: "train" as const },
      { source: source(rows), split: "valid" as const },
    ];
    const { featureMap } = await loadParts(random, parts);
    const dataset = await loadDataset(
      random,
      featureMap,
      source([
        { y: 0, city: "b" },
        { y: 1, city: "new" },
      ]),
    );
    expect([...dataset.context.rows]).toEqual([3, 1]);
    expect([...dataset.labels]).toEqual([0, 1]);
  });

  it("counts the examples of a side without fields", async () => {
    const contextOnly: Task = { ...random, fields: random.fields.slice(0, 1) };
    const part = { source: source([{ y: 1 }, { y: 0 }]), split: "train" as const };
    const { train } = await loadParts(contextOnly, [part, { ...part, split: "valid" }]);
    expect(train.candidate).toMatchObject({ count: 2, fieldCount: 0 });
  });
});

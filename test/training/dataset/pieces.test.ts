// A split comes in pieces, in order, and every example once; any of them can be picked out.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createEncoder } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { createDatasetBuilder } from "../../../training/dataset/build-dataset.ts";
import { drawSample } from "../../../training/dataset/draw-sample.ts";
import { piecesOf } from "../../../training/dataset/pieces.ts";
import { readExamples, selectExamples } from "../../../training/dataset/select-examples.ts";
import { createShardingBuilder, isOnDisk, WINDOW_SHARDS } from "../../../training/dataset/shards.ts";
import { Random } from "../../../training/engine/random.ts";
import { fitFeatureMap } from "../../../training/features/fit.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-pieces-"));
afterAll(() => rmSync(folder, { recursive: true }));

const task = parse(Task, {
  name: "test",
  label: "y",
  through: "seen",
  time: "at",
  fields: [
    { kind: "categorical", name: "city", from: "context" },
    { kind: "multi", name: "tags", from: "candidate" },
  ],
});
const COUNT = 1000;
const records = Array.from({ length: COUNT }, (_, i) => ({
  y: i % 6 === 0 ? 1 : 0,
  seen: i % 2 === 0 ? 1 : 0,
  at: 1_790_000_000_000.5 + i,
  city: `c${i % 40}`,
  tags: Array.from({ length: i % 4 }, (_, k) => `t${(i + k) % 9}`).join("|"),
}));
const encoder = createEncoder(await fitFeatureMap(task, records));
const [inMemory, sharding] = [
  createDatasetBuilder(encoder, task),
  createShardingBuilder(encoder, task, { folder, shardBytes: 500 }),
];
for (const record of records) {
  inMemory.add(record);
  sharding.add(record);
}
const whole = inMemory.finish();
const onDisk = sharding.finish();
if (!isOnDisk(onDisk)) throw new Error("expected shards");

describe("pieces", () => {
  it("of a split in memory are the split", async () => {
    const pieces = [];
    for await (const piece of piecesOf(whole)) pieces.push(piece);
    expect(pieces).toEqual([{ first: 0, data: whole }]);
  });

  it("of a split on disk are its shards, in order", async () => {
    let next = 0;
    for await (const { first, data } of piecesOf(onDisk)) {
      expect(first).toBe(next);
      const own = Int32Array.from(data.labels, (_, index) => first + index);
      expect(data).toEqual(selectExamples(whole, own));
      next += own.length;
    }
    expect(next).toBe(COUNT);
  });
});

it("examples are read as they would be selected in memory, through and time included", async () => {
  const some = fc.uniqueArray(fc.nat(COUNT - 1), { minLength: 1 }).map((all) => Int32Array.from(all).sort());
  await fc.assert(
    fc.asyncProperty(some, async (chosen) => {
      const expected = selectExamples(whole, chosen);
      expect(await readExamples(onDisk, chosen)).toEqual(expected);
      expect(await readExamples(whole, chosen)).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});

describe("a sample", () => {
  const size = Math.floor((COUNT * WINDOW_SHARDS) / onDisk.shards.length);

  it("is of as many examples as a window holds, each once, the same for the same seed", () => {
    const sample = drawSample(onDisk, new Random(1));
    expect(sample).toHaveLength(size);
    expect([...new Set(sample)].sort((a, b) => a - b)).toEqual([...sample]);
    expect(Math.max(...sample)).toBeLessThan(COUNT);
    expect(drawSample(onDisk, new Random(1))).toEqual(sample);
    expect(drawSample(onDisk, new Random(2))).not.toEqual(sample);
  });

  it("takes early and late examples alike", () => {
    const draws = 200;
    const counts = new Uint32Array(10);
    for (let seed = 0; seed < draws; seed++) {
      for (const example of drawSample(onDisk, new Random(seed))) counts[Math.floor((example * 10) / COUNT)]!++;
    }
    const expected = (draws * size) / 10;
    for (const count of counts) expect(Math.abs(count - expected) / expected).toBeLessThan(0.05);
  });
});

// A split that does not fit its window lies on disk, and is what it would have been in memory.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createEncoder } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { createDatasetBuilder } from "../../../training/dataset/build-dataset.ts";
import {
  countOf,
  createShardingBuilder,
  isOnDisk,
  positivesOf,
  requireInMemory,
  ShardReader,
  WINDOW_SHARDS,
} from "../../../training/dataset/shards.ts";
import { fitFeatureMap } from "../../../training/features/fit.ts";

const parent = mkdtempSync(join(tmpdir(), "selvedge-shards-"));
afterAll(() => rmSync(parent, { recursive: true }));

const task = parse(Task, {
  name: "test",
  label: "y",
  time: "at",
  fields: [
    { kind: "categorical", name: "city", from: "context" },
    { kind: "multi", name: "tags", from: "candidate" },
  ],
});
const records = Array.from({ length: 500 }, (_, i) => ({
  y: i % 3 === 0 ? 1 : 0,
  at: 1000 + ((i * 7919) % 500),
  city: `c${i % 40}`,
  tags: Array.from({ length: i % 4 }, (_, k) => `t${(i + k) % 9}`).join("|"),
}));
const map = await fitFeatureMap(task, records);
const encoder = createEncoder(map);

function build(name: string, shardBytes: number, count = records.length) {
  const builder = createShardingBuilder(encoder, task, { folder: join(parent, name), shardBytes });
  for (const record of records.slice(0, count)) builder.add(record);
  return builder.finish();
}

const inMemory = createDatasetBuilder(encoder, task);
for (const record of records) inMemory.add(record);
const whole = inMemory.finish();

describe("a sharding builder", () => {
  it("keeps in memory what fits the window, and makes no folder", () => {
    for (const shardBytes of [1000, 100_000]) expect(build("small", shardBytes)).toEqual(whole);
    expect(existsSync(join(parent, "small"))).toBe(false);
  });

  it("leaves the rest on disk, in shards of one size, and counts what people ask for", () => {
    const data = build("large", 500);
    if (!isOnDisk(data)) throw new Error("expected shards");
    expect(data.shards.length).toBeGreaterThan(WINDOW_SHARDS);
    expect(readdirSync(join(parent, "large"))).toHaveLength(data.shards.length);
    expect(data.shards.reduce((sum, { count }) => sum + count, 0)).toBe(500);
    expect(Math.max(...data.shards.map(({ count }) => count))).toBeLessThan(40);
    expect(data.labels).toEqual(whole.labels);
    expect([countOf(data), positivesOf(data), data.span]).toEqual([500, 167, { firstMs: 1000, lastMs: 1499 }]);
  });

  it("reads back what was built, in order", async () => {
    const data = build("read", 500);
    if (!isOnDisk(data)) throw new Error("expected shards");
    const reader = new ShardReader(data);
    await reader.read(data.shards.slice(3, 9)); // is overwritten
    expect(await reader.read(data.shards)).toEqual(whole);
  });

  it("begins its folder anew", () => {
    const [first, second] = [build("again", 200), build("again", 500)];
    if (!isOnDisk(first) || !isOnDisk(second)) throw new Error("expected shards");
    expect(second.shards.length).toBeLessThan(first.shards.length);
    expect(readdirSync(join(parent, "again"))).toHaveLength(second.shards.length);
  });

  it("tells the number of a record that it refuses, whatever shard it is in", () => {
    const builder = createShardingBuilder(encoder, task, { folder: join(parent, "refused"), shardBytes: 500 });
    for (const record of records) builder.add(record);
    const refused = expect.objectContaining({ code: "label_not_binary", path: "record:501" });
    expect(() => builder.add({ ...records[0], y: "maybe" })).toThrow(refused);
  });

  it("writes nothing more once it is aborted, and says what it could not write", () => {
    const abort = new AbortController();
    const options = { folder: join(parent, "aborted"), shardBytes: 500, signal: abort.signal };
    const builder = createShardingBuilder(encoder, task, options);
    abort.abort(new Error("enough"));
    expect(() => records.forEach(builder.add)).toThrow("enough");
    expect(existsSync(options.folder)).toBe(false);

    const gone = join(parent, "gone");
    const other = createShardingBuilder(encoder, task, { folder: gone, shardBytes: 500 });
    for (const record of records.slice(0, 400)) other.add(record);
    rmSync(gone, { recursive: true });
    const refused = expect.objectContaining({ code: "shard_unwritable", path: expect.stringContaining(gone) });
    expect(() => records.forEach(other.add)).toThrow(refused);
  });

  it("is refused, by a reason, where the whole is needed", () => {
    const refused = expect.objectContaining({ code: "split_on_disk", path: "teachers" });
    expect(() => requireInMemory(build("needed", 500), "teachers")).toThrow(refused);
    expect(requireInMemory(whole, "teachers")).toBe(whole);
  });
});

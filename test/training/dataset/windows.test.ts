// An epoch goes through every example once, in another order each time, with a few shards in memory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createEncoder } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { createShardingBuilder, type Examples, isOnDisk, WINDOW_SHARDS } from "../../../training/dataset/shards.ts";
import { createWindows } from "../../../training/dataset/windows.ts";
import { Random } from "../../../training/engine/random.ts";
import { fitFeatureMap } from "../../../training/features/fit.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-windows-"));
afterAll(() => rmSync(folder, { recursive: true }));

const task = parse(Task, { name: "test", label: "y", fields: [{ kind: "categorical", name: "id", from: "context" }] });
const COUNT = 1000;
const records = Array.from({ length: COUNT }, (_, i) => ({ y: i % 2, id: `${i}` }));
const encoder = createEncoder(await fitFeatureMap(task, records));

/** Every example has a row of its own, by which it is told. */
function build(name: string, shardBytes: number): Examples {
  const builder = createShardingBuilder(encoder, task, { folder: join(folder, name), shardBytes });
  for (const record of records) builder.add(record);
  return builder.finish();
}

const cases = [
  ["in memory", build("memory", 2 ** 20), 1],
  ["on disk", build("disk", 180), 5], // 15 examples a shard
] as const;

async function epochOf(windows: ReturnType<typeof createWindows>, epoch: number): Promise<number[][]> {
  const seen: number[][] = [];
  for (const window of windows(new Random(1).fork(`epoch ${epoch}`))) {
    const { data, order } = await window.load();
    expect(order).toHaveLength(window.count);
    seen.push(Array.from(order, (example) => data.context.rows[data.context.offsets[example]!]!));
  }
  return seen;
}

describe.each(cases)("windows of a split %s", (_, data, windowCount) => {
  it("hold every example once", async () => {
    const epoch = await epochOf(createWindows(data), 1);
    expect(epoch).toHaveLength(windowCount);
    expect(new Set(epoch.flat()).size).toBe(COUNT);
  });

  it("come in the same order for the same epoch, and in another for the next", async () => {
    const windows = createWindows(data);
    const first = await epochOf(windows, 1);
    const second = await epochOf(windows, 2);
    expect(await epochOf(windows, 1)).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it("can be left out", async () => {
    const whole = await epochOf(createWindows(data), 3);
    const last = createWindows(data)(new Random(1).fork("epoch 3")).at(-1)!;
    const { data: own, order } = await last.load();
    expect(Array.from(order, (example) => own.context.rows[own.context.offsets[example]!]!)).toEqual(whole.at(-1));
  });
});

it("a window on disk mixes shards from all over the split, as many in each", async () => {
  const [, data] = cases[1];
  if (!isOnDisk(data)) throw new Error("expected shards");
  const sizes = createWindows(data)(new Random(1)).map(({ count }) => count);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(WINDOW_SHARDS * 15);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(30);
  const [first = []] = await epochOf(createWindows(data), 1);
  const [second = []] = await epochOf(createWindows(data), 2);
  expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(COUNT / 2);
  expect(new Set(second)).not.toEqual(new Set(first));
});

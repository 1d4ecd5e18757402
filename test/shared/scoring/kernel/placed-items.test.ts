// The item table's cost in memory: its vectors once, three numbers an item, and room that follows what is wanted.
import { describe, expect, it } from "vitest";
import { instantiateKernel } from "../../../../shared/scoring/kernel/exports.ts";
import { KernelMemory } from "../../../../shared/scoring/kernel/kernel-memory.ts";
import { PlacedItems } from "../../../../shared/scoring/kernel/placed-items.ts";
import module from "../../../../shared/scoring/kernel/scorer.wasm";
import { TopList } from "../../../../shared/scoring/kernel/top-list.ts";
import { servedItems } from "../../../../shared/scoring/served-items.ts";
import { randomRetrieval } from "../random-retrieval.ts";

const makeMemory = () => {
  const kernel = instantiateKernel(module);
  return { kernel, memory: new KernelMemory(kernel) };
};

describe("memory", () => {
  it("of 20,000 items of 32 bytes is 44 bytes an item", () => {
    const { kernel, memory } = makeMemory();
    const items = servedItems(randomRetrieval(1, { items: 20_000, width: 32, tower: [], extreme: false }));
    const before = memory.reserve(0);
    new PlacedItems(kernel, memory, items);
    expect(memory.reserve(0) - before).toBeLessThan(20_000 * 44 + 1000);
  });

  it("of a top list grows with the most that was wanted, and not with each call", () => {
    const { kernel, memory } = makeMemory();
    const top = new TopList(kernel, memory);
    expect(top.reserve(200, 100_000)).toBe(200);
    const used = memory.reserve(0);
    for (let i = 0; i < 1000; i++) top.reserve(i % 201, 100_000);
    expect(memory.reserve(0) - used).toBeLessThan(200);
    expect(top.reserve(1000, 300)).toBe(300);
  });
});

// The room for requests: grows with them, and believes in no room that it did not get.
import { describe, expect, it } from "vitest";
import type { Bags } from "../../../../shared/features/bags.ts";
import { KernelMemory } from "../../../../shared/scoring/kernel/kernel-memory.ts";
import { RequestRegion } from "../../../../shared/scoring/kernel/request-region.ts";

const PAGES = 4;

/** One example of one field, whose bag has `length` entries, all of row 1. */
const bagsOf = (length: number): Bags => ({
  fieldCount: 1,
  count: 1,
  offsets: Int32Array.of(0, length),
  rows: new Int32Array(length).fill(1),
  weights: new Float32Array(length).fill(1),
});

function createRegion() {
  const memory = new KernelMemory({ memory: new WebAssembly.Memory({ initial: 1, maximum: PAGES }), heapBase: () => 1024 });
  const region = new RequestRegion(memory);
  const neighbour = memory.place(new Int32Array(5000).fill(7));
  const isIntact = () => memory.int32.subarray(neighbour >>> 2, (neighbour >>> 2) + 5000).every((number) => number === 7);
  return { region, memory, isIntact };
}

describe("where memory is out", () => {
  it.each([2000, 20_000])("a request of %i entries overwrites nothing after one that did not fit", (length) => {
    const { region, memory, isIntact } = createRegion();
    const outOfMemory = expect.objectContaining({ code: "out_of_memory" });
    expect(() => region.put(bagsOf(60_000))).toThrow(outOfMemory);
    try {
      region.put(bagsOf(length));
      expect(memory.int32[(region.rows >>> 2) + length - 1]).toBe(1);
    } catch (error) {
      expect(error).toEqual(outOfMemory);
    }
    expect(isIntact()).toBe(true);
  });

  it("scores have room or there is an error", () => {
    const { region, memory, isIntact } = createRegion();
    expect(() => region.ensureScores(60_000)).toThrow(expect.objectContaining({ code: "out_of_memory" }));
    region.ensureScores(2000);
    region.scores(2000).probabilities.fill(1);
    expect([isIntact(), memory.bytes.length <= PAGES * 65_536]).toEqual([true, true]);
  });
});

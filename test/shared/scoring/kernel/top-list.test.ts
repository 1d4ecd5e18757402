// The room for the best of many scores: grows with what is wanted, and believes in no room that it did not get.
import { describe, expect, it } from "vitest";
import { instantiateKernel, type KernelExports } from "../../../../shared/scoring/kernel/exports.ts";
import { KernelMemory } from "../../../../shared/scoring/kernel/kernel-memory.ts";
import relaxed from "../../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { TopList } from "../../../../shared/scoring/kernel/top-list.ts";

const PAGES = 4;

describe("where memory is out", () => {
  it("the next, smaller wish is refused too, or has room of its own", () => {
    const kernel: KernelExports = { ...instantiateKernel(relaxed) };
    const given: number[] = [];
    kernel.setTop = (_keys, capacity) => given.push(capacity);
    const memory = new KernelMemory({ memory: new WebAssembly.Memory({ initial: 1, maximum: PAGES }), heapBase: () => 1024 });
    const top = new TopList(kernel, memory);
    top.reserve(10, 100);
    expect(() => top.reserve(30_000, 100_000)).toThrow(expect.objectContaining({ code: "out_of_memory" }));
    expect(given).toEqual([31]);
    expect(top.reserve(1000, 100_000)).toBe(1000);
    expect(given).toEqual([31, 3001]);
    expect(top.view(1000).indices).toHaveLength(1000);
  });
});

// The cache of encoded candidates: bounded, by identity, and never giving up a slot of the round under way.
import { describe, expect, it } from "vitest";
import { CandidateCache } from "../../../../shared/scoring/kernel/candidate-cache.ts";
import { KernelMemory } from "../../../../shared/scoring/kernel/kernel-memory.ts";

const SLOT_BYTES = 64;
const makeCache = (capacity: number) => {
  const memory = new KernelMemory({ memory: new WebAssembly.Memory({ initial: 1 }), heapBase: () => 1024 });
  return { cache: new CandidateCache(memory, SLOT_BYTES, capacity), memory };
};
const makeKeys = (count: number) => Array.from({ length: count }, () => ({}));

describe("the cache of candidates", () => {
  it("finds what was added, each in a slot of its own, by identity and not by content", () => {
    const { cache } = makeCache(500);
    const keys = makeKeys(300);
    cache.beginRound();
    const slots = keys.map((key) => cache.add(key));
    expect(keys.map((key) => cache.find(key))).toEqual(slots);
    const sorted = slots.toSorted((a, b) => a - b);
    expect(sorted.every((slot, i) => i === 0 || slot - (sorted[i - 1] as number) >= SLOT_BYTES)).toBe(true);
    expect(cache.find({})).toBe(0);
  });

  it("gives a key that is there the slot it has", () => {
    const { cache } = makeCache(10);
    const key = {};
    expect(cache.add(key)).toBe(cache.add(key));
    expect(cache.size).toBe(1);
  });

  it("keeps to its capacity, and its memory with it", () => {
    const { cache, memory } = makeCache(100);
    for (const key of makeKeys(100)) cache.add(key);
    const full = memory.reserve(0);
    for (const key of makeKeys(5_000)) {
      cache.beginRound();
      cache.add(key);
    }
    expect(cache.size).toBe(100);
    expect(memory.reserve(0) - full).toBeLessThan(200);
  });

  it("gives up what was not used since the hand came by, before what was", () => {
    const { cache } = makeCache(4);
    const [a, b, c, d, e, f] = makeKeys(6) as [object, object, object, object, object, object];
    cache.beginRound();
    for (const key of [a, b, c, d]) cache.add(key);
    cache.beginRound();
    cache.add(e); // the hand clears a, b, c and d, and takes a
    cache.beginRound();
    cache.find(b);
    cache.add(f);
    expect([a, b, c, d, e, f].map((key) => cache.find(key) > 0)).toEqual([false, true, false, true, true, true]);
  });

  it("never gives up a slot of the round under way", () => {
    const { cache } = makeCache(64);
    for (let round = 0; round < 50; round++) {
      cache.beginRound();
      const keys = makeKeys(63);
      const slots = keys.map((key) => cache.add(key));
      expect(keys.map((key) => cache.find(key))).toEqual(slots);
      expect(new Set(slots).size).toBe(63);
    }
  });
});

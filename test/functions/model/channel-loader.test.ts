// The loader, in workerd with its real Cache API: what it serves, what it refuses, and what it calls each failure.
import { describe, expect, it } from "vitest";
import { createChannelLoader } from "../../../functions/model/channel-loader.ts";
import { createModelLoader } from "../../../functions/model/model.ts";
import { createObjectCache } from "../../../functions/model/object-cache.ts";
import { pointerKey } from "../../../shared/artifact/keys.ts";
import { parseManifest } from "../../../shared/artifact/manifest.ts";
import type { ObjectReader } from "../../../shared/artifact/store.ts";
import { BagWriter } from "../../../shared/features/bags.ts";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import kernel from "../../../shared/scoring/kernel/scorer.wasm";
import valid1 from "../../fixtures/artifacts/v1/valid.json" with { type: "json" };
import flippedBit from "../../fixtures/artifacts/v2/flipped-bit.json" with { type: "json" };
import truncated from "../../fixtures/artifacts/v2/truncated-weights.json" with { type: "json" };
import unknownVersion from "../../fixtures/artifacts/v2/unknown-version.json" with { type: "json" };
import valid from "../../fixtures/artifacts/v2/valid.json" with { type: "json" };
import wrongKey from "../../fixtures/artifacts/v2/wrong-key.json" with { type: "json" };
import { bytesOf, storeOf } from "../../fixtures/store-of.ts";
import type { MemoryStore } from "../../memory-store.ts";

const POINTER = pointerKey("ad-click", "stable");
const TTL_MS = 1000;
let scopeCount = 0;

/** A loader with a clock of its own, and a scope of the cache that is its own unless one is given. */
function loaderOf(reader: ObjectReader, scope = `test-${++scopeCount}-${crypto.randomUUID()}`) {
  const failures: string[] = [];
  const clock = { nowMs: 0 };
  const loader = createModelLoader({
    reader,
    cache: createObjectCache(caches.default, scope),
    publicKeys: valid.publicKey,
    name: "ad-click",
    channel: "stable",
    kernel,
    ttlMs: TTL_MS,
    firstLoadMs: 500,
    nowMs: () => clock.nowMs,
    onFailure: (reason) => failures.push(reason),
  });
  /** Asks, waits for what was begun behind the answer, and answers what was served. */
  const ask = async () => {
    const behind: Promise<unknown>[] = [];
    const served = await loader.get((work) => behind.push(work));
    await Promise.all(behind);
    return served;
  };
  return { loader, failures, clock, ask, scope };
}

const movePointer = (store: MemoryStore, move: number) => store.put(POINTER, bytesOf(valid.history[move]), null);

/** A reader that counts, fails with a code while told to, and waits while told to. */
class FaultyReader implements ObjectReader {
  readonly #store: MemoryStore;
  readonly seen: string[] = [];
  code: string | null = null;
  gate: Promise<void> = Promise.resolve();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async get(key: string) {
    this.seen.push(key);
    await this.gate;
    if (this.code !== null) throw new CodedError(this.code, key, "as told");
    return this.#store.get(key);
  }
}

describe("a first load", () => {
  it.each([
    ["1", valid1],
    ["2", valid],
  ])("serves a verified model that scores, of manifest version %s", async (_, fixture) => {
    const { ask } = loaderOf(await storeOf(fixture));
    const served = await ask();
    expect(served).toMatchObject({ sequence: 2, value: { manifest: { task: "ad-click" } } });
    const { encoder, scorer } = served?.value ?? expect.fail("nothing served");
    expect([encoder.context.fieldCount, encoder.candidate.fieldCount]).toEqual([2, 2]);
    const bags = { context: new BagWriter(2), candidate: new BagWriter(2) };
    encoder.context.encode({}, bags.context);
    encoder.candidate.encode({}, bags.candidate);
    const { logits, probabilities } = scorer.score(bags.context.view(), bags.candidate.view());
    expect([...logits, ...probabilities].every(Number.isFinite)).toBe(true);
    expect(logits).toHaveLength(1);
  });

  it.each([
    ["truncated weights", truncated],
    ["a flipped bit", flippedBit],
    ["another key", wrongKey],
    ["a manifest of an unknown version", unknownVersion],
  ])("serves nothing of %s and says why", async (_, fixture) => {
    const { ask, loader, failures } = loaderOf(await storeOf(fixture));
    expect(await ask()).toBeNull();
    expect([loader.lastFailure, ...failures]).toEqual([fixture.failure, fixture.failure]);
  });

  it.each(["store_unreachable", "store_timeout", "store_refused"])("serves nothing while the store says %s", async (code) => {
    const reader = new FaultyReader(await storeOf(valid));
    reader.code = code;
    const { ask, clock, loader } = loaderOf(reader);
    expect(await ask()).toBeNull();
    expect(loader.lastFailure).toBe(code);
    reader.code = null;
    expect(await ask()).toBeNull();
    expect(reader.seen).toHaveLength(1); // not tried again before the time has come
    clock.nowMs = TTL_MS;
    expect(await ask()).toBeNull(); // tried again, and nobody waits for that
    expect(await ask()).not.toBeNull();
    expect(loader.lastFailure).toBeNull();
  });

  it.each([
    ["pointer_missing", (store: MemoryStore) => store.objects.delete(POINTER)],
    ["pointer_invalid", (store: MemoryStore) => store.put(POINTER, bytesOf("AAAA"), null)],
    ["document_missing", (store: MemoryStore) => removeUnder(store, "manifests/")],
    ["document_invalid", (store: MemoryStore) => cutUnder(store, "manifests/")],
    ["weights_missing", (store: MemoryStore) => removeUnder(store, "objects/")],
  ])("calls it %s", async (failure, damage) => {
    const store = await storeOf(valid);
    await damage(store);
    const { ask, loader } = loaderOf(store);
    expect(await ask()).toBeNull();
    expect(loader.lastFailure).toBe(failure);
  });

  it("does not take another task's model", async () => {
    const store = await storeOf(valid);
    const loader = createModelLoader({ ...optionsOf(store), name: "purchase" });
    expect(await loader.get(() => {})).toBeNull();
    expect(loader.lastFailure).toBe("pointer_missing");
  });

  it("is one load for all who come meanwhile, and keeps none of them longer than its bound", async () => {
    const reader = new FaultyReader(await storeOf(valid));
    const { promise, resolve } = Promise.withResolvers<void>();
    reader.gate = promise;
    const { loader } = loaderOf(reader);
    const behind: Promise<unknown>[] = [];
    const startMs = Date.now();
    const served = await Promise.all(Array.from({ length: 10 }, () => loader.get((work) => behind.push(work))));
    expect(served).toEqual(Array(10).fill(null));
    expect(Date.now() - startMs).toBeLessThan(5000);
    expect(behind).toHaveLength(1);
    resolve();
    await Promise.all(behind);
    expect(await loader.get(() => {})).not.toBeNull();
    expect(reader.seen.filter((key) => key === POINTER)).toHaveLength(1);
  });
});

function removeUnder(store: MemoryStore, prefix: string): void {
  for (const key of store.objects.keys()) if (key.startsWith(prefix)) store.objects.delete(key);
}

async function cutUnder(store: MemoryStore, prefix: string): Promise<void> {
  for (const [key, { bytes }] of store.objects) if (key.startsWith(prefix)) await store.put(key, bytes.subarray(1), null);
}

function optionsOf(reader: ObjectReader) {
  return {
    reader,
    cache: createObjectCache(caches.default, crypto.randomUUID()),
    publicKeys: valid.publicKey,
    channel: "stable",
    kernel,
    ttlMs: TTL_MS,
    firstLoadMs: 500,
    nowMs: () => 0,
  } as const;
}

describe("a later load", () => {
  it("happens behind the response, once the pointer's lifetime is over", async () => {
    const store = await storeOf(valid);
    await movePointer(store, 0);
    const reader = new FaultyReader(store);
    const { ask, clock, loader } = loaderOf(reader);
    expect((await ask())?.sequence).toBe(1);
    await movePointer(store, 1);
    expect((await ask())?.sequence).toBe(1);
    clock.nowMs = TTL_MS;
    expect((await ask())?.sequence).toBe(1); // answered from memory; the new one came behind it
    expect(loader.current?.sequence).toBe(2);
    expect((await ask())?.sequence).toBe(2);
  });

  it("asks for the pointer only where nothing moved", async () => {
    const reader = new FaultyReader(await storeOf(valid));
    const { ask, clock } = loaderOf(reader);
    await ask();
    reader.seen.length = 0;
    clock.nowMs = TTL_MS;
    await ask();
    expect(reader.seen).toEqual([POINTER]);
  });

  it("keeps nobody waiting, however slow the store is", async () => {
    const reader = new FaultyReader(await storeOf(valid));
    const { ask, clock, loader } = loaderOf(reader);
    await ask();
    reader.gate = new Promise(() => {});
    clock.nowMs = TTL_MS;
    expect((await loader.get(() => {}))?.sequence).toBe(2);
    expect((await loader.get(() => {}))?.sequence).toBe(2);
    reader.gate = Promise.resolve();
    clock.nowMs += 60_000; // a load that never ends is given up
    reader.seen.length = 0;
    await ask();
    expect(reader.seen).toEqual([POINTER]);
  });

  it("that was given up builds nothing once another has begun: there are never three models", async () => {
    const store = await storeOf(valid);
    await movePointer(store, 0);
    const reader = new FaultyReader(store);
    const gate = Promise.withResolvers<void>();
    let built = 0;
    const clock = { nowMs: 0 };
    const failures: string[] = [];
    const loader = createChannelLoader({
      ...optionsOf(reader),
      name: "ad-click",
      payloadType: "application/vnd.selvedge.manifest+json",
      build: async (payload, fetchObject) => {
        await fetchObject(parseManifest(payload).files.weights.sha256);
        return ++built;
      },
      nowMs: () => clock.nowMs,
      onFailure: (reason) => failures.push(reason),
    });
    const behind: Promise<unknown>[] = [];
    const ask = () => loader.get((work) => behind.push(work));
    await ask();
    await Promise.all(behind);
    expect(built).toBe(1);
    await movePointer(store, 1);
    const reached = Promise.withResolvers<void>();
    reader.get = async (key: string) => {
      if (key.startsWith("objects/") && behind.length === 2) {
        reached.resolve();
        await gate.promise; // the second load hangs at its weights
      }
      return store.get(key);
    };
    clock.nowMs = TTL_MS;
    await ask();
    await reached.promise;
    clock.nowMs += 60_000;
    await ask();
    await behind[2];
    gate.resolve();
    await Promise.all(behind);
    expect([built, failures, loader.current?.sequence, loader.lastFailure]).toEqual([2, ["load_abandoned"], 2, null]);
  });

  it("that fails leaves what was good, and says why", async () => {
    const store = await storeOf(valid);
    await movePointer(store, 0);
    const reader = new FaultyReader(store);
    const { ask, clock, loader, failures } = loaderOf(reader);
    await ask();
    reader.code = "store_unreachable";
    clock.nowMs = TTL_MS;
    await ask();
    reader.code = null;
    await movePointer(store, 1);
    await cutUnder(store, "objects/");
    clock.nowMs = 2 * TTL_MS;
    await ask();
    expect(loader.current?.sequence).toBe(1);
    expect(failures).toEqual(["store_unreachable", "weights_hash_mismatch"]);
  });

  it("refuses an older pointer, and follows a rollback", async () => {
    const store = await storeOf(valid);
    const { ask, clock, loader, failures } = loaderOf(store);
    const second = (await ask())?.version;
    await movePointer(store, 0);
    clock.nowMs = TTL_MS;
    await ask();
    expect([loader.current?.version, failures]).toEqual([second, ["pointer_replayed"]]);
    await movePointer(store, 2);
    clock.nowMs = 2 * TTL_MS;
    await ask();
    expect(loader.current).toMatchObject({ sequence: 3, version: expect.not.stringMatching(second ?? "") });
    expect(loader.lastFailure).toBeNull();
  });
});

describe("a fresh isolate", () => {
  it("takes documents and weights from the cache of its location", async () => {
    const store = await storeOf(valid);
    const { ask, scope } = loaderOf(store);
    await ask();
    const reader = new FaultyReader(store);
    expect(await loaderOf(reader, scope).ask()).not.toBeNull();
    expect(reader.seen).toEqual([POINTER]);
  });

  it("serves what its location served last while the store is down", async () => {
    const store = await storeOf(valid);
    const { ask, scope } = loaderOf(store);
    await ask();
    const reader = new FaultyReader(store);
    reader.code = "store_unreachable";
    const fresh = loaderOf(reader, scope);
    expect((await fresh.ask())?.sequence).toBe(2);
    expect(fresh.failures).toEqual(["store_unreachable"]);
  });

  it("knows an older pointer from the one that its location served last", async () => {
    const store = await storeOf(valid);
    const { ask, scope } = loaderOf(store);
    await ask();
    await movePointer(store, 0);
    const fresh = loaderOf(store, scope);
    expect((await fresh.ask())?.sequence).toBe(2);
    expect(fresh.failures).toEqual(["pointer_replayed"]);
  });

  it("does not believe the cache: damaged entries are fetched anew", async () => {
    const store = await storeOf(valid);
    const { ask, scope } = loaderOf(store);
    await ask();
    const cache = createObjectCache(caches.default, scope);
    for (const key of store.objects.keys()) await cache.put(key, Uint8Array.of(1, 2, 3));
    expect((await loaderOf(store, scope).ask())?.sequence).toBe(2);
  });
});

describe("any value", () => {
  it("is built from a verified payload, and a build that fails has a reason", async () => {
    const store = await storeOf(valid);
    const payloadType = "application/vnd.selvedge.manifest+json" as const;
    const options = { ...optionsOf(store), name: "ad-click", payloadType };
    const loader = createChannelLoader({ ...options, build: async (payload) => Object.keys(payload as object).length });
    expect((await loader.get(() => {}))?.value).toBeGreaterThan(5);
    const build = async () => {
      throw new CodedError("invalid_type", "catalog.campaigns", "no");
    };
    const failing = createChannelLoader({ ...options, build });
    expect(await failing.get(() => {})).toBeNull();
    expect(failing.lastFailure).toBe("document_invalid");
  });
});

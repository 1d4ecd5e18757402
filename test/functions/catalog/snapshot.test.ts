// What a request waits for: the catalog and then its models, for both together no longer than for one.
import { describe, expect, it, vi } from "vitest";
import { createCatalogLoader } from "../../../functions/catalog/catalog-loader.ts";
import { takeSnapshot } from "../../../functions/catalog/snapshot.ts";
import { createLoaderPool } from "../../../functions/model/loader-pool.ts";
import { createModelLoader } from "../../../functions/model/model.ts";
import { pointerKey } from "../../../shared/artifact/keys.ts";
import kernel from "../../../shared/scoring/kernel/scorer.wasm";
import valid from "../../fixtures/artifacts/v2/valid.json" with { type: "json" };
import { storeOf } from "../../fixtures/store-of.ts";

/** So long that a test which really waits for it fails. */
const FIRST_LOAD_MS = 600_000;
const CATALOG = pointerKey("catalog", "stable");

/** Sources whose store knows no catalog, takes `catalogMs` of their clock to say so, and answers nothing else until `gate` opens. */
async function createSources(catalogMs: number, gate: Promise<void>) {
  const clock = { nowMs: 1000 };
  const store = await storeOf(valid);
  const get = async (key: string) => {
    if (key === CATALOG) clock.nowMs += catalogMs;
    else await gate;
    return store.get(key);
  };
  const source = {
    reader: { get },
    cache: { get: async () => null, put: async () => {} },
    publicKeys: valid.publicKey,
    ttlMs: 1000,
    firstLoadMs: FIRST_LOAD_MS,
    nowMs: () => clock.nowMs,
  };
  const models = createLoaderPool((name, channel) => createModelLoader({ ...source, kernel, name, channel }));
  return { catalogLoader: createCatalogLoader(source), models, nowMs: source.nowMs };
}

describe("a fresh isolate's first request", () => {
  it("does not wait for models where the catalog has taken all the time, and leaves them loading behind the response", async () => {
    const gate = Promise.withResolvers<void>();
    const sources = await createSources(FIRST_LOAD_MS, gate.promise);
    const behind: Promise<unknown>[] = [];
    const snapshot = await takeSnapshot(sources, (work) => behind.push(work));
    expect([snapshot.catalogVersion, snapshot.models.size]).toEqual([null, 0]);
    gate.resolve();
    await Promise.all(behind);
    const { models } = await takeSnapshot(sources, () => {});
    expect(models.get("stable")?.sequence).toBe(2);
  });

  it("waits for models for what is left of the time", async () => {
    const gate = Promise.withResolvers<void>();
    const sources = await createSources(FIRST_LOAD_MS - 100_000, gate.promise);
    const timers = vi.spyOn(globalThis, "setTimeout");
    try {
      const taken = takeSnapshot(sources, () => {});
      await vi.waitFor(() => expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toContain(100_000));
      gate.resolve();
      expect((await taken).models.get("stable")?.sequence).toBe(2);
    } finally {
      timers.mockRestore();
    }
  });
});

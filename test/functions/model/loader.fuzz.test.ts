// 100,001 damaged artifacts, and 6,000 that can retrieve. Each is refused by name or scores exactly as the reference says: nothing traps,
// nothing answers garbage.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoadFailure } from "../../../functions/model/load-failure.ts";
import { createModelLoader } from "../../../functions/model/model.ts";
import kernel from "../../../shared/scoring/kernel/scorer.wasm";
import type { MemoryStore } from "../../memory-store.ts";
import { watchKernelMemory } from "../../shared/scoring/kernel/watch-memory.ts";
import { seededRandom } from "../../shared/scoring/random-model.ts";
import { type TestKeys, testKeys } from "../../signing-keys.ts";
import { type Artifact, retrievalArtifact, soundArtifacts, TASK } from "./fuzz/artifacts.ts";
import { damageStore, publish, rehash } from "./fuzz/damage-store.ts";
import { mutateManifest, mutateModel } from "./fuzz/mutate-manifest.ts";
import { mutateWeights } from "./fuzz/mutate-weights.ts";
import { judge, type Verdict } from "./fuzz/verdict.ts";

/** How many of each sound artifact; of the eleven together 100,001. */
const COUNTS = { stores: 900, published: 91, weights: 4800, manifests: 3000, models: 300 };

/** What one damaged artifact may make a kernel ask for, and how long it may take. Sound ones ask for far less. */
const MAX_KERNEL_BYTES = 32 * 2 ** 20;
const MAX_MS = 5000;
const TIMEOUT_MS = 120_000;

const artifacts = [...soundArtifacts()];
let keys: TestKeys;
let memory: ReturnType<typeof watchKernelMemory>;

beforeAll(async () => {
  keys = await testKeys("first");
  memory = watchKernelMemory();
});

afterAll(() => memory.stop());

/** Runs seeds 0 to count - 1; an error says which one it was. */
async function forSeeds(count: number, run: (seed: number) => Promise<void>): Promise<void> {
  for (let seed = 0; seed < count; seed++) {
    const startMs = Date.now();
    await run(seed).catch((cause: unknown) => {
      throw new Error(`seed ${seed}: ${cause}`, { cause });
    });
    if (Date.now() - startMs > MAX_MS) throw new Error(`seed ${seed} took ${Date.now() - startMs} ms`);
    const asked = memory.takeLargestBytes();
    if (asked > MAX_KERNEL_BYTES) throw new Error(`seed ${seed} asked for ${asked} bytes`);
  }
}

it.each(artifacts)("undamaged: %s", async (_, artifact) => {
  expect(await judge(artifact)).toBe("finite");
  const { current } = await load(await publish(await rehash(artifact), keys));
  expect(current).toMatchObject({ sequence: 1, value: { manifest: { task: TASK, formatVersion: 2 } } });
});

const mutations: [keyof typeof COUNTS, (seed: number, artifact: Artifact) => Artifact][] = [
  ["weights", (seed, { manifest, weights }) => ({ manifest, weights: mutateWeights(seededRandom(seed), weights) })],
  ["manifests", (seed, { manifest, weights }) => ({ manifest: mutateManifest(seededRandom(seed), manifest), weights })],
  ["models", (seed, artifact) => mutateModel(seededRandom(seed), artifact, seed)],
];

describe.each(mutations)("%s that a publisher got wrong are refused, or scored as the reference does", (kind, mutate) => {
  it.each(artifacts)("%s", { timeout: TIMEOUT_MS }, async (_, artifact) => {
    const verdicts: Record<Verdict, number> = { refused: 0, finite: 0, "not finite": 0 };
    await forSeeds(COUNTS[kind], async (seed) => {
      verdicts[await judge(mutate(seed, artifact))]++;
    });
    expect(verdicts.refused).toBeGreaterThan(COUNTS[kind] / 50);
    expect(verdicts.finite).toBeGreaterThan(COUNTS[kind] / 50);
  });
});

describe("the same of a model with retrieval, which finds what the reference finds", () => {
  it.each(mutations.slice(0, 2))("%s", { timeout: TIMEOUT_MS }, async (_, mutate) => {
    const artifact = retrievalArtifact();
    expect(await judge(artifact)).toBe("finite");
    const verdicts: Record<Verdict, number> = { refused: 0, finite: 0, "not finite": 0 };
    await forSeeds(3000, async (seed) => {
      verdicts[await judge(mutate(seed, artifact))]++;
    });
    expect(verdicts.refused).toBeGreaterThan(60);
    expect(verdicts.finite).toBeGreaterThan(60);
  });
});

/** Every reason that damage behind a store that answers can have. */
const REASONS: readonly LoadFailure[] = [
  ...(["pointer_missing", "pointer_invalid", "document_missing", "document_invalid", "signature_invalid"] as const),
  ...(["version_unknown", "weights_missing", "weights_hash_mismatch", "weights_invalid"] as const),
];

async function load(store: MemoryStore) {
  const cache = { get: async () => null, put: async () => {} };
  const options = { name: TASK, channel: "stable", kernel, ttlMs: 1000, firstLoadMs: 10_000, nowMs: () => 0 } as const;
  const loader = createModelLoader({ ...options, reader: store, cache, publicKeys: keys.publicKey });
  await loader.get(() => {});
  return loader;
}

describe("objects that lie damaged in the store", () => {
  it.each(artifacts)("%s", { timeout: TIMEOUT_MS }, async (_, artifact) => {
    const sound = await publish(await rehash(artifact), keys);
    const expected = (await load(sound)).current;
    const reasons = new Set<LoadFailure>();
    await forSeeds(COUNTS.stores, async (seed) => {
      const { current, lastFailure } = await load(await damageStore(seededRandom(seed), sound));
      if (lastFailure) reasons.add(lastFailure);
      if (current ? lastFailure || current.version !== expected?.version : !lastFailure || !REASONS.includes(lastFailure))
        throw new Error(`${lastFailure}, and serves ${current?.version}`);
    });
    expect([...reasons]).toEqual(expect.arrayContaining(["pointer_invalid", "signature_invalid", "weights_hash_mismatch"]));
  });
});

describe("what was wrong when it was signed has a reason, too", () => {
  it.each(artifacts)("%s", { timeout: TIMEOUT_MS }, async (_, artifact) => {
    await forSeeds(COUNTS.published, async (seed) => {
      const [name, mutate] = mutations[seed % mutations.length] as (typeof mutations)[number]; // below its length
      const damaged = await rehash(mutate(seed, artifact));
      const { current, lastFailure } = await load(await publish(damaged, keys));
      const isServed = (await judge(damaged)) !== "refused";
      if (isServed ? !current : !lastFailure || !REASONS.includes(lastFailure))
        throw new Error(`${name}: ${lastFailure}, and serves ${current?.version}`);
    });
  });
});

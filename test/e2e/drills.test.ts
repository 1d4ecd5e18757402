// Drills against the real Worker over HTTP: whatever befalls the store, a decision is answered 200, by the last good model or by the
// named fallback, and a counter says why.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sha256Hex, signEnvelope } from "../../shared/artifact/envelope.ts";
import { documentKey, objectKey, pointerKey } from "../../shared/artifact/keys.ts";
import { MANIFEST_VERSION, versionOf } from "../../shared/artifact/manifest.ts";
import { movePointer } from "../../shared/artifact/move-pointer.ts";
import type { Published } from "../../shared/artifact/publish-document.ts";
import { readPointer } from "../../shared/artifact/read-published.ts";
import { publishModel } from "../../training/publish/publish.ts";
import { rollback } from "../../training/publish/rollback.ts";
import { testKeys } from "../signing-keys.ts";
import { smallArtifact } from "../small-artifact.ts";
import { type DrillSite, type DrillWorker, openDrillSite, TASK } from "./drill-site.ts";

const POINTER = pointerKey(TASK, "stable");
const MANIFEST = "application/vnd.selvedge.manifest+json";
const NO_MODEL = { version: null, fallback: "no_model", chosen: expect.stringMatching(/^(left|right)$/) };

/** A disaster, as a store may meet it, and the name under which a Worker must count it. */
interface Disaster {
  readonly reason: string;
  strike(site: DrillSite, seed: number): Promise<void>;
}

const allPaths = "/";
const halve = (body: Buffer) => body.subarray(0, body.length >> 1);
const flipOneBit = (body: Buffer) => body.map((byte, index) => (index === body.length - 1 ? byte ^ 1 : byte));

const damagedWeights = (change: (body: Buffer) => Uint8Array): Disaster => ({
  reason: "weights_hash_mismatch",
  async strike({ proxy, publish }, seed) {
    const { manifest } = await smallArtifact(seed);
    proxy.faults = [{ kind: "body", path: objectKey(manifest.files.weights.sha256), change }];
    await publish(seed);
  },
});

const DISASTERS: Record<string, Disaster> = {
  "a store that is down": {
    reason: "store_unreachable",
    strike: async ({ proxy }) => void (proxy.faults = [{ kind: "drop", path: allPaths }]),
  },
  "a store that answers 503": {
    reason: "store_unreachable",
    strike: async ({ proxy }) => void (proxy.faults = [{ kind: "status", path: allPaths, status: 503 }]),
  },
  "a store that refuses": {
    reason: "store_refused",
    strike: async ({ proxy }) => void (proxy.faults = [{ kind: "status", path: allPaths, status: 403 }]),
  },
  "a slow store": {
    reason: "store_timeout",
    strike: async ({ proxy }) => void (proxy.faults = [{ kind: "delay", path: allPaths, delayMs: 10_000 }]),
  },
  "truncated weights": damagedWeights(halve),
  "one flipped bit": damagedWeights(flipOneBit),
  "weights cut off on the way": {
    reason: "store_unreachable",
    async strike({ proxy, publish }, seed) {
      const { manifest } = await smallArtifact(seed);
      proxy.faults = [{ kind: "cut", path: objectKey(manifest.files.weights.sha256) }];
      await publish(seed);
    },
  },
  "another publisher's key": {
    reason: "signature_invalid",
    async strike({ store, publisher }, seed) {
      const forced = { ...store, put: (key: string, bytes: Uint8Array) => store.put(key, bytes, null) };
      await publishModel(
        { ...publisher(), store: forced, keys: await testKeys("second"), base: null },
        await smallArtifact(seed),
      );
    },
  },
  "a manifest of an unknown version": {
    reason: "version_unknown",
    async strike({ store, keys }, seed) {
      const { manifest } = await smallArtifact(seed);
      const bytes = await signEnvelope(MANIFEST, { ...manifest, formatVersion: MANIFEST_VERSION + 1 }, keys.signing);
      const digest = await sha256Hex(bytes);
      await store.put(documentKey(TASK, digest), bytes, null);
      const base = await readPointer(store, keys.trusted, TASK, "stable");
      await movePointer({ store, keys, name: TASK, channel: "stable", base, digest, nowMs: 0 });
    },
  },
  "an older manifest in a newer one's place": {
    reason: "document_invalid",
    async strike({ store, keys, proxy, publish }, seed) {
      const base = await readPointer(store, keys.trusted, TASK, "stable");
      const older = await store.get(documentKey(TASK, base?.pointer.digest ?? ""));
      proxy.faults = [{ kind: "body", path: `/manifests/${TASK}/`, change: () => older?.bytes ?? new Uint8Array() }];
      await publish(seed);
    },
  },
};

let site: DrillSite;
let good: Published;
let seed = 0;

/**
 * Every drill begins with a healthy store and a model of its own. It heals last: the pointer that a disaster left has the sequence of the
 * next one, and a Worker that came to load it would rightly take the next for the same.
 */
async function heal(): Promise<void> {
  const { pointer, bytes } = lastGood ?? { pointer: null, bytes: new Uint8Array() };
  if (pointer) await site.store.put(POINTER, bytes, null);
  good = await site.publish(++seed);
  lastGood = { pointer: good.pointer, bytes: (await site.store.get(POINTER))?.bytes ?? new Uint8Array() };
  site.proxy.faults = [];
}
let lastGood: { readonly pointer: Published["pointer"]; readonly bytes: Uint8Array } | null = null;

beforeAll(async () => {
  site = await openDrillSite();
});
afterAll(() => site.close());
beforeEach(heal);

describe("a Worker that starts with", () => {
  it.each(Object.entries(DISASTERS))("%s decides without a model, counts it, and recovers", async (_, { reason, strike }) => {
    await strike(site, ++seed);
    const worker = await site.startWorker();
    for (const decision of await worker.decideUntilFailure(reason)) expect(decision).toEqual(NO_MODEL);
    await heal();
    await worker.decideUntil(good);
    await worker.dispose();
  });
});

describe("a Worker that runs, and meets", () => {
  let worker: DrillWorker;
  beforeAll(async () => {
    worker = await site.startWorker();
  });

  it.each(Object.entries(DISASTERS))(
    "%s goes on with the last good model, counts it, and recovers",
    async (_, { reason, strike }) => {
      await worker.decideUntil(good);
      await strike(site, ++seed);
      const served = await worker.decideUntilFailure(reason);
      for (const decision of served) expect(decision).toMatchObject({ version: good.version, fallback: null });
      await heal();
      await worker.decideUntil(good);
    },
  );

  it("a slow store answers as fast as before", async () => {
    await worker.decideUntil(good);
    site.proxy.faults = [{ kind: "delay", path: allPaths, delayMs: 10_000 }];
    for (let round = 0; round < 20; round++) {
      const startMs = performance.now();
      expect(await worker.decide()).toMatchObject({ version: good.version });
      expect(performance.now() - startMs).toBeLessThan(1000); // the store's own bound is 2000
    }
  });

  it("an older pointer played back keeps the newer model, and follows a rollback to the older", async () => {
    const older = { version: good.version, bytes: (await site.store.get(POINTER))?.bytes ?? new Uint8Array() };
    const newer = await site.publish(++seed);
    const newerPointer = (await site.store.get(POINTER))?.bytes ?? new Uint8Array();
    await worker.decideUntil(newer);
    await site.store.put(POINTER, older.bytes, null);
    for (const { version } of await worker.decideUntilFailure("pointer_replayed")) expect(version).toBe(newer.version);
    await site.store.put(POINTER, newerPointer, null);
    const { pointer } = await rollback(site.publisher(), TASK, older.version);
    expect(pointer.sequence).toBeGreaterThan(newer.pointer.sequence);
    await worker.decideUntil({ version: versionOf(pointer.digest) });
    expect(versionOf(pointer.digest)).toBe(older.version);
    lastGood = { pointer, bytes: (await site.store.get(POINTER))?.bytes ?? new Uint8Array() };
  });
});

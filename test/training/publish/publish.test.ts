// Publishing over the embedded S3 endpoint: what becomes visible, when, and who wins a race.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { documentKey, objectKey, pointerKey } from "../../../shared/artifact/keys.ts";
import { publishDocument } from "../../../shared/artifact/publish-document.ts";
import { readPointer } from "../../../shared/artifact/read-published.ts";
import type { ObjectStore } from "../../../shared/artifact/store.ts";
import { type Platform, startPlatform } from "../../../training/local/platform.ts";
import type { KeyPair } from "../../../training/publish/keys.ts";
import { publishModel } from "../../../training/publish/publish.ts";
import { listDigests, readPublishedModel } from "../../../training/publish/read-model.ts";
import { rollback } from "../../../training/publish/rollback.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { testKeys } from "../../signing-keys.ts";
import { smallArtifact } from "../../small-artifact.ts";

let platform: Platform;
let store: ObjectStore;
let keys: KeyPair;
let task: string;
let count = 0;

beforeAll(async () => {
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  const { storeEndpoint: endpoint, credentials } = platform;
  store = createS3Store({ endpoint, region: "auto", credentials }, "selvedge-artifacts");
  keys = await testKeys("first");
});
afterAll(() => platform.dispose());
beforeEach(() => {
  task = `task-${++count}`;
});

const publisher = () => ({ store, keys, channel: "stable", nowMs: 1000 }) as const;
const publish = async (seed: number) => publishModel(publisher(), await smallArtifact(seed, task));
const published = () => readPublishedModel(store, keys.trusted, task, "stable");

describe("publishModel", () => {
  it("makes a model readable, whole, under the next sequence", async () => {
    const first = await publish(1);
    const second = await publish(2);
    expect(await published()).toMatchObject({
      pointer: { sequence: 2, digest: second.pointer.digest, previousDigest: first.pointer.digest, movedMs: 1000 },
      artifact: await smallArtifact(2, task),
    });
    expect(second.version).toBe(second.pointer.digest.slice(0, 12));
  });

  it("writes the same model to the same place", async () => {
    const [first, again] = [await publish(1), await publish(1)];
    expect(again.version).toBe(first.version);
    expect(again.pointer.sequence).toBe(2);
    expect(await listDigests(store, task)).toHaveLength(1);
  });

  it("lets exactly one of 16 concurrent publishers move the pointer; the others are told", async () => {
    await publish(100);
    const base = await readPointer(store, keys.trusted, task, "stable");
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, async (_, seed) => publishModel({ ...publisher(), base }, await smallArtifact(seed, task))),
    );
    const won = outcomes.filter(({ status }) => status === "fulfilled");
    const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
    expect(won).toHaveLength(1);
    expect(lost).toEqual(Array(15).fill("pointer_moved"));
    expect((await published())?.pointer.sequence).toBe(2);
  });

  it("lets exactly one of 16 publish first on an empty channel", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, async (_, seed) =>
        publishModel({ ...publisher(), base: null }, await smallArtifact(seed, task)),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await published())?.pointer.sequence).toBe(1);
  });

  it("changes nothing that a reader sees when it dies at any write before the pointer's", async () => {
    const before = await publish(1);
    for (const dyingAt of [0, 1, 2]) {
      let writes = 0;
      const dying: ObjectStore = {
        ...store,
        put: (key, bytes, condition) => {
          if (writes++ === dyingAt) throw new Error("killed");
          return store.put(key, bytes, condition);
        },
      };
      await expect(publishModel({ ...publisher(), store: dying }, await smallArtifact(2, task))).rejects.toThrow("killed");
      expect((await published())?.pointer.digest).toBe(before.pointer.digest);
    }
    expect((await publish(2)).pointer.sequence).toBe(2);
  });

  it("does not move the pointer to what does not read back as it was written", async () => {
    await publish(1);
    const flipping: ObjectStore = {
      ...store,
      put: (key, bytes, condition) =>
        store.put(key, key.startsWith("objects/") ? bytes.map((byte) => byte ^ 1) : bytes, condition),
    };
    await expect(publishModel({ ...publisher(), store: flipping }, await smallArtifact(50, task))).rejects.toMatchObject({
      code: "weights_hash_mismatch",
    });
    expect((await published())?.pointer.sequence).toBe(1);
    const { manifest } = await smallArtifact(50, task);
    expect(await store.get(objectKey(manifest.files.weights.sha256))).not.toBeNull();
  });

  it("lets one of two win even where both write the very same bytes", async () => {
    const artifact = await smallArtifact(1, task);
    const outcomes = await Promise.allSettled([1, 2].map(() => publishModel({ ...publisher(), base: null }, artifact)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("refuses weights that are not the manifest's before anything is written", async () => {
    const { manifest } = await smallArtifact(4, task);
    const { weights } = await smallArtifact(5, task);
    await expect(publishModel(publisher(), { manifest, weights })).rejects.toMatchObject({ code: "weights_hash_mismatch" });
    expect(await listDigests(store, task)).toEqual([]);
  });

  it("does not go on from a pointer that another key signed", async () => {
    await publish(1);
    const other = await testKeys("second");
    await expect(publishModel({ ...publisher(), keys: other }, await smallArtifact(2, task))).rejects.toMatchObject({
      code: "signature_unknown_key",
    });
  });
});

describe("publishDocument", () => {
  it("publishes a document that stands alone", async () => {
    const type = "application/vnd.selvedge.catalog+json";
    const { pointer } = await publishDocument(publisher(), type, task, { formatVersion: 1, hello: "edge" });
    expect(await store.get(documentKey(task, pointer.digest))).not.toBeNull();
    expect(await store.get(pointerKey(task, "stable"))).not.toBeNull();
  });
});

describe("rollback", () => {
  it("points to an older version with a later sequence", async () => {
    const first = await publish(1);
    const second = await publish(2);
    const back = await rollback(publisher(), task, first.version);
    expect(back).toMatchObject({ version: first.version, pointer: { sequence: 3, previousDigest: second.pointer.digest } });
    expect((await published())?.artifact).toEqual(await smallArtifact(1, task));
  });

  it("names versions that are unknown, ambiguous, or served already", async () => {
    await publish(1);
    const second = await publish(2);
    await expect(rollback(publisher(), task, "ffffffffffff")).rejects.toMatchObject({ code: "version_unknown" });
    await expect(rollback(publisher(), task, "")).rejects.toMatchObject({ code: "version_ambiguous" });
    await expect(rollback(publisher(), task, second.version)).rejects.toMatchObject({ code: "version_current" });
  });

  it("refuses a version whose weights are gone bad", async () => {
    const first = await publish(1);
    await publish(2);
    const { manifest } = await smallArtifact(1, task);
    await store.put(objectKey(manifest.files.weights.sha256), new Uint8Array(10), null);
    await expect(rollback(publisher(), task, first.version)).rejects.toMatchObject({ code: "weights_hash_mismatch" });
    expect((await published())?.pointer.sequence).toBe(2);
    await store.put(objectKey(manifest.files.weights.sha256), (await smallArtifact(1, task)).weights, null);
  });
});

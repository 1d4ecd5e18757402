// The stores against the embedded S3 endpoint, over real HTTP: what a store must do, and how each names what goes wrong.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEdgeStore } from "../../../functions/model/edge-store.ts";
import { type Platform, startPlatform } from "../../../training/local/platform.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { LOCAL_STORE_PATH } from "../../../training/publish/store-config.ts";
import { type FaultProxy, startFaultProxy } from "../../fault-proxy.ts";
import { MemoryStore } from "../../memory-store.ts";
import { conformsToStore, listsKeys } from "../../store-conformance.ts";

const BUCKET = "selvedge-artifacts";
let platform: Platform;
let proxy: FaultProxy;

beforeAll(async () => {
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  proxy = await startFaultProxy(() => platform.origin);
});
afterAll(async () => {
  await proxy.close();
  await platform.dispose();
});

const connection = (origin = platform.origin) => ({
  endpoint: origin + LOCAL_STORE_PATH,
  region: "auto",
  credentials: platform.credentials,
});
const s3Store = (origin?: string, bucket = BUCKET, timeoutMs = 5000) =>
  createS3Store(connection(origin), bucket, { timeoutMs, pageSize: 10 });
const edgeStore = (origin = platform.origin, bucket = BUCKET, timeoutMs = 5000, secretAccessKey?: string) =>
  createEdgeStore({
    endpoint: origin + LOCAL_STORE_PATH,
    region: "auto",
    bucket,
    ...platform.credentials,
    ...(secretAccessKey !== undefined && { secretAccessKey }),
    timeoutMs,
  });

const fresh = <Store>(store: Store) => ({ store, prefix: `test/${randomUUID()}/` });
conformsToStore("the memory store", async () => fresh(new MemoryStore()));
conformsToStore("the S3 store", async () => fresh(s3Store()));
conformsToStore("the edge store", async () => fresh(edgeStore()));
listsKeys("the memory store", async () => fresh(new MemoryStore()));
listsKeys("the S3 store", async () => fresh(s3Store()));

describe("what goes wrong", () => {
  const key = "test/faults";
  const stores = () => [s3Store(proxy.origin, BUCKET, 1500), edgeStore(proxy.origin, BUCKET, 1500)];
  const expectAll = async (code: string) => {
    for (const store of stores()) await expect(store.get(key)).rejects.toMatchObject({ code, path: `${BUCKET}/${key}` });
  };

  beforeAll(async () => {
    await s3Store().put(key, new Uint8Array(100_000), null);
  });

  it("passes through a healthy proxy", async () => {
    proxy.faults = [];
    for (const store of stores()) expect((await store.get(key))?.bytes.length).toBe(100_000);
  });

  it("names a store that is not there", async () => {
    const closed = await startFaultProxy(() => platform.origin);
    await closed.close();
    await expect(s3Store(closed.origin).get(key)).rejects.toMatchObject({ code: "store_unreachable" });
    await expect(edgeStore(closed.origin).get(key)).rejects.toMatchObject({ code: "store_unreachable" });
  });

  it("names connections and bodies that are cut", async () => {
    proxy.faults = [{ kind: "drop", path: key }];
    await expectAll("store_unreachable");
    proxy.faults = [{ kind: "cut", path: key }];
    await expectAll("store_unreachable");
  });

  it("counts a conditional write as done whose answer was lost and which was sent again", async () => {
    const lost = `test/${randomUUID()}`;
    proxy.faults = [{ kind: "lose", path: lost }];
    expect(await s3Store(proxy.origin).put(lost, Uint8Array.of(1), { ifNoneMatch: true })).toBe(true);
    proxy.faults = [{ kind: "lose", path: lost }];
    expect(await s3Store(proxy.origin).put(lost, Uint8Array.of(2), { ifNoneMatch: true })).toBe(false);
    expect((await s3Store().get(lost))?.bytes).toEqual(Uint8Array.of(1));
  });

  it("names a store that is too slow", async () => {
    proxy.faults = [{ kind: "delay", path: key, delayMs: 3000 }];
    await expectAll("store_timeout");
  });

  it("names a store that fails, and one that refuses", async () => {
    proxy.faults = [{ kind: "status", path: key, status: 503 }];
    await expectAll("store_unreachable");
    proxy.faults = [{ kind: "status", path: key, status: 403 }];
    await expectAll("store_refused");
  });

  it("names credentials that nobody gave", async () => {
    const environment = { ...process.env };
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
      AWS_CONFIG_FILE: "/nowhere",
    });
    const store = createS3Store({ ...connection(), credentials: null }, BUCKET);
    await expect(store.get(key)).rejects.toMatchObject({
      code: "store_refused",
      message: expect.stringContaining("SELVEDGE_ACCESS_KEY_ID"),
    });
    process.env = environment;
  });

  it("names a wrong secret and a bucket that does not exist, which is not the same as a missing object", async () => {
    const credentials = { ...platform.credentials, secretAccessKey: "wrong" };
    const wrong = [createS3Store({ ...connection(), credentials }, BUCKET), edgeStore(platform.origin, BUCKET, 5000, "wrong")];
    for (const store of wrong) await expect(store.get(key)).rejects.toMatchObject({ code: "store_refused" });
    for (const store of [s3Store(platform.origin, "no-such-bucket"), edgeStore(platform.origin, "no-such-bucket")]) {
      await expect(store.get(key)).rejects.toMatchObject({ code: "store_refused" });
      await expect(store.put(key, new Uint8Array(1), null)).rejects.toMatchObject({ code: "store_refused" });
    }
  });
});

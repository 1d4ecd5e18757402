// Events are waited for in a real store: in batches of any hour since the start, and not for ever.
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventKey } from "../../../shared/artifact/keys.ts";
import type { ObjectStore } from "../../../shared/artifact/store.ts";
import { EVENT_BUCKET, type Platform, startPlatform } from "../../../training/local/platform.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { awaitEvents } from "../../../training/traffic/await-events.ts";

const HOUR_MS = 3_600_000;
let platform: Platform;
let store: ObjectStore;

beforeAll(async () => {
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  store = createS3Store({ endpoint: platform.storeEndpoint, region: "auto", credentials: platform.credentials }, EVENT_BUCKET);
});
afterAll(() => platform.dispose());

const write = (receivedMs: number, batchId: string, ...ids: string[]) =>
  store.put(eventKey(receivedMs, batchId), new TextEncoder().encode(ids.map((id) => `{"id":"${id}"}\n`).join("")), null);

it("finds events of all hours since the first, and those that come while it waits", async () => {
  const nowMs = Date.now();
  await write(nowMs - HOUR_MS, "early", "a", "b");
  const arrival = awaitEvents(store, new Set(["a", "b", "c"]), nowMs - HOUR_MS, 10_000);
  await write(nowMs, "late", "c", "d");
  expect((await arrival).missingCount).toBe(0);
});

it("gives up at the deadline and says how many are missing", async () => {
  const arrival = await awaitEvents(store, new Set(["a", "never", "nowhere"]), Date.now() - HOUR_MS, 300);
  expect(arrival.missingCount).toBe(2);
});

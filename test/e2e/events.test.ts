// 100,000 events through the real Worker, a tenth of them sent twice, while the store fails under the consumer: none lost, none counted twice.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { signTrackingToken } from "../../functions/events/tracking-token.ts";
import { importHmacKey } from "../../shared/access/signed-text.ts";
import { type ConversionEvent, outcomeEventId } from "../../shared/schemas/events.ts";
import { downloadEvents } from "../../training/dataset/events.ts";
import { joinEvents } from "../../training/dataset/join.ts";
import { type Platform, startPlatform } from "../../training/local/platform.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { LOCAL_STORE_PATH } from "../../training/publish/store-config.ts";
import { awaitEvents } from "../../training/traffic/await-events.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../fault-proxy.ts";

const CONVERSION_COUNT = 99_000;
const CLICK_COUNT = 1000;
const REQUEST_EVENT_COUNT = 1000;
const SENDER_COUNT = 4;
const SECRET = "the test's secret";

/** What happens to the consumer's first writes: answers lost after the write, a refusal, a connection cut before it. */
const path = "/selvedge-events/";
const FAULTS: Fault[] = [
  { kind: "lose", path },
  { kind: "status", path, status: 500, once: true },
  { kind: "drop", path, once: true },
  { kind: "lose", path },
];

let folder: string;
let platform: Platform;
let proxy: FaultProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-events-"));
  proxy = await startFaultProxy(() => platform.origin);
  proxy.faults = FAULTS;
  const workerVars = { STORE_ENDPOINT: `${proxy.origin}${LOCAL_STORE_PATH}`, TRACKING_SECRET: SECRET };
  platform = await startPlatform({ port: null, stateDir: null, workerVars });
});
afterAll(async () => {
  await platform?.dispose();
  await proxy?.close();
  await rm(folder, { recursive: true });
});

const conversion = (index: number): ConversionEvent => ({
  type: "conversion",
  id: `order-${index}`,
  timeMs: 1_700_000_000_000 + index,
  decisionId: `decision-${index}`,
  placementId: "top",
  slot: 0,
});

async function postConversions(events: readonly ConversionEvent[]): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${platform.origin}/v1/events`, { method: "POST", headers, body: JSON.stringify({ events }) });
  expect([response.status, await response.json()]).toEqual([202, { accepted: events.length }]);
}

async function click(index: number, key: CryptoKey): Promise<void> {
  const shown = { decisionId: `decision-${index}`, placementId: "top", slot: 0, creativeId: "shoes" };
  const demand = { campaignId: null, price: null, leases: [], landingUrl: "https://shop.example/" };
  const token = await signTrackingToken({ v: 2, ...shown, ...demand, issuedMs: 0, expiresMs: 1e14 }, key);
  const response = await fetch(`${platform.origin}/v1/track/click/${token}`, { redirect: "manual" });
  await response.body?.cancel();
  expect(response.status).toBe(302);
}

/** Takes jobs in order, a few at a time. */
async function runAll(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = jobs.values();
  await Promise.all(
    Array.from({ length: SENDER_COUNT }, async () => {
      for (const job of queue) await job();
    }),
  );
}

it("loses none of 100,000 events and counts none twice", async () => {
  const startedMs = Date.now();
  const key = await importHmacKey(SECRET);
  const everyTenth = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => index % 10 === 0);
  const conversions = Array.from({ length: CONVERSION_COUNT }, (_, index) => conversion(index));
  const clicks = Array.from({ length: CLICK_COUNT }, (_, index) => index);
  const sent = [...conversions, ...everyTenth(conversions)];
  const batches = Array.from({ length: Math.ceil(sent.length / REQUEST_EVENT_COUNT) }, (_, batch) =>
    sent.slice(batch * REQUEST_EVENT_COUNT, (batch + 1) * REQUEST_EVENT_COUNT),
  );

  await runAll([
    ...batches.map((events) => () => postConversions(events)),
    ...[...clicks, ...everyTenth(clicks)].map((index) => () => click(index, key)),
  ]);
  const ids = new Set([
    ...conversions.map(({ id }) => id),
    ...clicks.map((index) => outcomeEventId(`decision-${index}`, "top", 0, "click")),
  ]);
  const store = createS3Store(
    { endpoint: platform.storeEndpoint, region: "auto", credentials: platform.credentials },
    "selvedge-events",
  );
  expect(await awaitEvents(store, ids, startedMs, 90_000)).toMatchObject({ missingCount: 0 });
  expect(proxy.faults).toEqual([]);

  const eventFile = join(folder, "events.ndjson");
  await downloadEvents(store, { sinceMs: startedMs, untilMs: Date.now() }, eventFile);
  const counts = await joinEvents({
    eventFile,
    exampleFile: join(folder, "examples.parquet"),
    outcome: "click",
    windowMs: 1000,
    settleMs: 0,
    nowMs: Date.now(),
  });
  const lineCount = readFileSync(eventFile, "utf8").split("\n").length - 1;
  expect(counts.events).toEqual({ decision: 0, impression: 0, click: CLICK_COUNT, conversion: CONVERSION_COUNT });
  expect(counts.dropped.line_malformed).toBe(0);
  expect(lineCount - counts.dropped.duplicate).toBe(ids.size);
  const repeated = everyTenth(conversions).length + everyTenth(clicks).length;
  expect(counts.dropped.duplicate).toBeGreaterThanOrEqual(repeated); // what lost answers left behind comes on top
}, 120_000);

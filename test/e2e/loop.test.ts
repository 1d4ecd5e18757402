// The loop, closed over a running Worker: nothing learned -> random traffic -> retrain -> the model serves -> greedy is clicked more.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adClick } from "../../shared/tasks/ad-click.ts";
import { changePolicy } from "../../training/jobs/catalog.ts";
import { type RetrainRun, retrain } from "../../training/jobs/retrain.ts";
import { type Started, start } from "../../training/jobs/start.ts";
import { runTraffic, type TrafficReport } from "../../training/jobs/traffic.ts";
import { platformStoreConfig } from "../../training/local/platform.ts";
import { readKeys } from "../../training/publish/keys.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { readStoreConfig } from "../../training/publish/store-config.ts";
import { createMarket, DEFAULT_SEED } from "../../training/simulate/market.ts";

const WITHIN_MS = 60_000;

const stateDir = mkdtempSync(join(tmpdir(), "selvedge-loop-"));
const market = createMarket(DEFAULT_SEED);
const quiet = { onStage: () => {}, onProgress: () => {}, signal: new AbortController().signal };
let started: Started;

beforeAll(async () => {
  const config = readStoreConfig({ SELVEDGE_STATE_DIR: stateDir });
  const size = { historyVisitors: 1, assessmentVisitors: 200 };
  started = await start({ market, config, port: null, fresh: false, policy: { name: "random" }, ...size, ...quiet });
});
afterAll(async () => {
  await started.platform.dispose();
  rmSync(stateDir, { recursive: true });
});

function stores() {
  const config = platformStoreConfig(started.platform, readStoreConfig({ SELVEDGE_STATE_DIR: stateDir }));
  return { config, artifacts: createS3Store(config, config.artifactBucket), events: createS3Store(config, config.eventBucket) };
}

function sendTraffic(crowd: number, visitorCount: number): Promise<TrafficReport> {
  const { origin } = started.platform;
  return runTraffic({ market, crowd, visitorCount, origin, concurrency: 4, eventStore: stores().events });
}

async function learn(): Promise<RetrainRun> {
  const { config, artifacts, events } = stores();
  return retrain({
    task: adClick,
    eventStore: events,
    sinceMs: Date.now() - 3_600_000,
    attribution: { outcome: "click", windowMs: 1_800_000, settleMs: null },
    minExamples: 1000,
    publisher: { store: artifacts, keys: await readKeys(config), channel: "stable" },
    dryRun: false,
    folder: join(stateDir, "run"),
    codeCommit: null,
    device: "auto",
    seed: 1,
    now: Date.now,
    ...quiet,
  });
}

/** A few visitors at a time come until their traffic is as wanted; answers how long that took. */
async function untilTraffic(isWanted: (tally: TrafficReport["tally"]) => boolean): Promise<number> {
  const startedMs = Date.now();
  for (let crowd = 1000; Date.now() - startedMs < WITHIN_MS; crowd++) {
    if (isWanted((await sendTraffic(crowd, 20)).tally)) break;
  }
  return Date.now() - startedMs;
}

describe("the loop", () => {
  it("closes on a running Worker: what was learned is served without a restart, and clicked more", {
    timeout: 240_000,
  }, async () => {
    expect(started.model).toBeNull();

    const random = await sendTraffic(10, 5000); // with 3,000 the newest of them once spoke against a model of that size
    expect(random.tally.failures.size).toBe(0);
    expect(random.arrival?.missingCount).toBe(0);
    expect(random.tally.served / random.tally.random).toBeCloseTo(1, 1);

    const { verdict, published } = await learn();
    expect(verdict).toMatchObject({ publish: true });
    const version = published?.version ?? "none";
    expect(await untilTraffic(({ modelVersions }) => modelVersions.has(version))).toBeLessThan(WITHIN_MS);

    const { config, artifacts } = stores();
    const keys = await readKeys(config);
    await changePolicy({ store: artifacts, keys, channel: "stable", nowMs: Date.now() }, { name: "greedy" });
    expect(await untilTraffic(({ served, random }) => served > 1.3 * random)).toBeLessThan(WITHIN_MS);
    const greedy = await sendTraffic(12, 600);

    const { served, random: atRandom, clickCount, impressionCount } = greedy.tally;
    expect(served / atRandom).toBeGreaterThan(1.5);
    const randomRate = random.tally.clickCount / random.tally.impressionCount;
    expect(clickCount / impressionCount).toBeGreaterThan(1.5 * randomRate);
  });
});

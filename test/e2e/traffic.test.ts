// Simulated visitors on the real Worker: everything that they do arrives once, as the simulator itself would have logged it.
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "../../shared/schemas/coded-error.ts";
import type { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import { Event } from "../../shared/schemas/events.ts";
import { publishCatalog } from "../../training/jobs/catalog.ts";
import { runTraffic, type TrafficReport } from "../../training/jobs/traffic.ts";
import { ARTIFACT_BUCKET, EVENT_BUCKET, type Platform, startPlatform } from "../../training/local/platform.ts";
import { createS3Store } from "../../training/publish/s3-store.ts";
import { candidateFeatures, catalogFor, contextFeatures } from "../../training/simulate/catalog.ts";
import { visitEvents } from "../../training/simulate/event-log.ts";
import { createMarket, visitorAt } from "../../training/simulate/market.ts";
import { visits } from "../../training/simulate/visits.ts";
import { testKeys } from "../signing-keys.ts";

const CROWD = 5;
const market = createMarket(1);
let platform: Platform;
let report: TrafficReport;
let events: Event[];

const storeOf = (bucket: string) =>
  createS3Store({ endpoint: platform.storeEndpoint, region: "auto", credentials: platform.credentials }, bucket);

beforeAll(async () => {
  const keys = await testKeys("first");
  platform = await startPlatform({ port: null, stateDir: null, workerVars: { PUBLIC_KEYS: keys.publicKey } });
  const publisher = { store: storeOf(ARTIFACT_BUCKET), keys, channel: "stable", nowMs: Date.now() } as const;
  await publishCatalog(publisher, catalogFor(market, { name: "random" }));
  const eventStore = storeOf(EVENT_BUCKET);
  report = await runTraffic({ market, crowd: CROWD, visitorCount: 150, origin: platform.origin, concurrency: 4, eventStore });
  const keysOfBatches = await eventStore.list("events/");
  const batches = await Promise.all(keysOfBatches.map((key) => eventStore.get(key)));
  const lines = batches.flatMap((batch) => new TextDecoder().decode(batch?.bytes).split("\n").filter(Boolean));
  events = lines.map((line) => parse(Event, JSON.parse(line)));
});
afterAll(() => platform.dispose());

const decisions = () => events.filter((event): event is DecisionEvent => event.type === "decision");

it("every event that the Worker took is in the store, and no other", () => {
  expect(report.tally.failures.size).toBe(0);
  expect(report.arrival?.missingCount).toBe(0);
  expect(new Set(events.map(({ id }) => id))).toEqual(report.tally.eventIds);
  const count = (type: Event["type"]) => new Set(events.filter((event) => event.type === type).map(({ id }) => id)).size;
  const { placementCount, impressionCount, clickCount, conversionCount } = report.tally;
  expect([count("decision"), count("impression"), count("click"), count("conversion")]).toEqual([
    150,
    impressionCount,
    clickCount,
    conversionCount,
  ]);
  expect(placementCount).toBe(150 * 4);
  expect(clickCount).toBeGreaterThan(0);
});

it("the Worker assembles the very features that the simulator does", () => {
  for (const { request, placements, timeMs } of decisions()) {
    const visitor = visitorAt(market, CROWD, Number(request.subjectId?.split("-").at(-1)));
    for (const { placementId, features, slots } of placements) {
      const placement = market.placements.find(({ id }) => id === placementId)!;
      expect(features).toEqual(contextFeatures(visitor, placement, timeMs));
      for (const slot of slots) {
        const chosen = market.creatives.find(({ id }) => id === slot.creativeId)!;
        expect(slot.features).toEqual(candidateFeatures(chosen));
      }
    }
  }
});

it("the simulator logs what the Worker logs, field by field", () => {
  const crowd = { market, crowd: 1, visitorCount: 20, firstMs: 0, days: 1, policy: "random" } as const;
  const simulated = [...visits(crowd)].flatMap((visit) => visitEvents(visit, "random"));
  const shapeOf = (event: object) => Object.keys(event).sort();
  for (const type of ["decision", "impression", "click"] as const) {
    const [ours, theirs] = [simulated, events].map((some) => some.find((event) => event.type === type)!);
    expect(shapeOf(ours!)).toEqual(shapeOf(theirs!));
  }
  const [ours, theirs] = [simulated, decisions()].map((some) => some.find((event) => event.type === "decision")?.placements[0]);
  expect(shapeOf(ours!)).toEqual(shapeOf(theirs!));
  expect(shapeOf(ours!.slots[0]!)).toEqual(shapeOf(theirs!.slots[0]!));
  expect(ours?.slots[0]?.propensity).toBe(theirs?.slots[0]?.propensity);
  expect(new Set(ours?.tiers[0]?.creativeIds)).toEqual(new Set(theirs?.tiers[0]?.creativeIds));
});

it("the same crowd has the same luck", async () => {
  const again = () =>
    runTraffic({ market, crowd: 6, visitorCount: 20, origin: platform.origin, concurrency: 4, eventStore: null });
  expect((await again()).tally.impressionCount).toBe((await again()).tally.impressionCount);
});

it("says where nothing listens", async () => {
  const nowhere = runTraffic({
    market,
    crowd: 6,
    visitorCount: 1,
    origin: "http://localhost:9",
    concurrency: 1,
    eventStore: null,
  });
  await expect(nowhere).rejects.toMatchObject({ code: "worker_unreachable", path: "http://localhost:9" });
});

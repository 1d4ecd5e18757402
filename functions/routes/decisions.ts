// POST /v1/decisions: the ad for each placement, with tracking URLs, in one call. The record follows behind the response.
import { Hono } from "hono/tiny";
import { DecisionRequest, type DecisionResponse } from "../../shared/schemas/decisions.ts";
import { type SnapshotSources, takeSnapshot, type WaitUntil } from "../catalog/snapshot.ts";
import { type Decision, decide, type PlacementDecision } from "../decision/decide.ts";
import { recordEvents } from "../events/record-events.ts";
import type { EventSink } from "../events/sink.ts";
import { createTrackingUrls } from "../events/tracking-urls.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";

export interface DecisionDependencies extends SnapshotSources {
  readonly sink: EventSink;
  readonly trackingKey: CryptoKey | Promise<CryptoKey>;
  /** Base of the tracking URLs; empty for the origin of the request. */
  readonly publicOrigin: string;
  readonly nowMs: () => number;
  /** 32 random bits, unsigned. */
  readonly drawSeed: () => number;
  readonly metrics: Metrics;
}

export function decisionRoutes(dependencies: DecisionDependencies) {
  const { nowMs, drawSeed, metrics } = dependencies;
  return new Hono().post("/v1/decisions", async (context) => {
    const waitUntil: WaitUntil = (work) => context.executionCtx.waitUntil(work);
    const request = await readJsonBody(context, DecisionRequest);
    const snapshot = await takeSnapshot(dependencies, waitUntil);
    const drawn = { decisionId: crypto.randomUUID(), nowMs: nowMs(), seed: drawSeed() };
    const decision = decide({ request, ...snapshot, ...drawn });
    countDecision(decision, metrics);
    waitUntil(recordEvents(decision.events, dependencies));
    const track = await createTracker(dependencies, new URL(context.req.url).origin, drawn);
    const placements = await Promise.all(decision.placements.map((placement) => present(placement, track)));
    const { modelVersion, assignments } = decision;
    const response: DecisionResponse = { decisionId: drawn.decisionId, placements, modelVersion, assignments: [...assignments] };
    return context.json(response);
  });
}

type Tracker = (placementId: string, creativeId: string, landingUrl: string) => ReturnType<typeof createTrackingUrls>;

async function createTracker(
  { publicOrigin, trackingKey }: DecisionDependencies,
  requestOrigin: string,
  { decisionId, nowMs }: { readonly decisionId: string; readonly nowMs: number },
): Promise<Tracker> {
  const origin = publicOrigin === "" ? requestOrigin : publicOrigin.replace(/\/$/, "");
  const key = await trackingKey;
  return (placementId, creativeId, landingUrl) =>
    createTrackingUrls(
      {
        decisionId,
        placementId,
        slot: 0,
        creativeId,
        campaignId: null,
        price: null,
        leases: [],
        landingUrl,
        decidedMs: nowMs,
      },
      origin,
      key,
    );
}

async function present(
  { placementId, chosen, probability, fallback, noServe }: PlacementDecision,
  track: Tracker,
): Promise<DecisionResponse["placements"][number]> {
  const creative = chosen && {
    creativeId: chosen.creativeId,
    ...(chosen.imageUrl !== undefined && { imageUrl: chosen.imageUrl }),
    ...(await track(placementId, chosen.creativeId, chosen.landingUrl)),
    probability,
  };
  return { placementId, creative, fallback, noServe };
}

function countDecision({ events }: Decision, metrics: Metrics): void {
  for (const { noServe, fallback, dropped } of events) {
    metrics.decisions.add({ outcome: noServe ? "no_serve" : fallback ? "fallback" : "model" });
    if (noServe) metrics.noServes.add({ reason: noServe });
    if (fallback) metrics.fallbacks.add({ reason: fallback });
    for (const { reason } of dropped) metrics.drops.add({ reason });
  }
}

// POST /v1/decisions: the creatives for each placement, with tracking URLs, in one call. The record follows behind the response.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { DecisionState } from "../../shared/schemas/decision-record.ts";
import { DecisionRequest, type DecisionResponse } from "../../shared/schemas/decisions.ts";
import { type SnapshotSources, takeSnapshot, type WaitUntil } from "../catalog/snapshot.ts";
import { type Decision, type DecisionInput, decide, type Shortlist, shortlist } from "../decision/decide.ts";
import { recordEvents } from "../events/record-events.ts";
import type { EventSink } from "../events/sink.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";
import { type PresentDependencies, presentDecision } from "./present-decision.ts";

export interface DecisionDependencies extends SnapshotSources, PresentDependencies {
  readonly sink: EventSink;
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
    const input: DecisionInput = {
      request,
      ...snapshot,
      decisionId: crypto.randomUUID(),
      nowMs: nowMs(),
      seed: drawSeed(),
      explain: false,
    };
    const listed = shortlist(input);
    const decision = decideSafely(input, listed, { caps: null, accounts: {} }, metrics);
    if (!decision) return context.json(leaveEmpty(input));
    waitUntil(recordEvents([decision.event], dependencies));
    return context.json(await presentDecision(input, decision, originOf(context), dependencies));
  });
}

/** Null where the fault is ours: reported and counted, and answered with empty placements. */
function decideSafely(input: DecisionInput, listed: Shortlist, state: DecisionState, metrics: Metrics): Decision | null {
  try {
    const decision = decide(input, listed, state);
    countDecision(decision, metrics);
    return decision;
  } catch (error) {
    reportError(error);
    for (const _ of listed.placements) metrics.noServes.add({ reason: "internal" });
    return null;
  }
}

function leaveEmpty({ decisionId, request }: DecisionInput): DecisionResponse {
  const placements = request.placements.map(({ id }) => {
    return { placementId: id, creatives: [], fallback: null, noServe: "internal" as const };
  });
  return { decisionId, placements, modelVersion: null, assignments: [] };
}

const originOf = (context: Context): string => new URL(context.req.url).origin;

function countDecision({ placements }: Decision, metrics: Metrics): void {
  for (const { slots, noServe, fallback, counts } of placements) {
    metrics.decisions.add({ outcome: slots.length === 0 ? "no_serve" : fallback ? "fallback" : "model" });
    if (noServe) metrics.noServes.add({ reason: noServe });
    if (fallback) metrics.fallbacks.add({ reason: fallback });
    for (const [reason, count] of counts) metrics.drops.add({ reason }, count);
  }
}

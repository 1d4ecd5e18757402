// POST /v1/decisions: the creatives for each placement, with tracking URLs, in one call. The record follows behind the response.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { DecisionRequest, type DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Explanation } from "../../shared/schemas/explanation.ts";
import { type OpenSiteKey, readRequestKey, requireAnySite, requireSite } from "../access/site-key.ts";
import { type SnapshotSources, takeSnapshot, type WaitUntil } from "../catalog/snapshot.ts";
import { type Decision, type DecisionInput, decide, type Shortlist, shortlist } from "../decision/decide.ts";
import { explainDecision } from "../decision/explain-decision.ts";
import { type RecordDependencies, recordEvents } from "../events/record-events.ts";
import type { Receipt } from "../ledger/lease-holder.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";
import { connectionFacts } from "./connection.ts";
import { type Caps, prepareState, readState, type StateDependencies } from "./decision-state.ts";
import { type PresentDependencies, presentDecision } from "./present-decision.ts";

export interface DecisionDependencies extends SnapshotSources, StateDependencies, PresentDependencies, RecordDependencies {
  readonly openSiteKey: OpenSiteKey;
  readonly nowMs: () => number;
  /** 32 random bits, unsigned. */
  readonly drawSeed: () => number;
  readonly metrics: Metrics;
}

export function decisionRoutes(dependencies: DecisionDependencies) {
  return new Hono().post("/v1/decisions", async (context) => {
    const waitUntil: WaitUntil = (work) => context.executionCtx.waitUntil(work);
    const request = await readJsonBody(context, DecisionRequest);
    const { catalogSequence, ...snapshot } = await takeSnapshot(dependencies, waitUntil);
    const input = draw(
      { request: complete(request, context.req.raw), ...snapshot, explain: context.req.query("explain") === "true" },
      dependencies,
    );
    await checkAccess(context.req.raw, input, dependencies);
    const listed = shortlist(input);
    const caps = await prepareState(input, listed.needs, catalogSequence, dependencies, waitUntil);
    const made = decideAndCommit(input, listed, caps, dependencies); // nothing is awaited inside
    waitUntil(followUp(input, made, caps, dependencies));
    if (!made) return context.json(leaveEmpty(input));
    const response = await presentDecision(input, made.decision, made.receipts, originOf(context), dependencies);
    return context.json(input.explain ? addExplanations(response, explainDecision(input, listed, made.decision)) : response);
  });
}

/** What the body leaves out, as far as the connection shows it: the record has it all. */
const complete = (request: DecisionRequest, raw: Request): DecisionRequest => ({ ...connectionFacts(raw), ...request });

const draw = (known: Omit<DecisionInput, "decisionId" | "nowMs" | "seed">, { nowMs, drawSeed }: DecisionDependencies) => ({
  ...known,
  decisionId: crypto.randomUUID(),
  nowMs: nowMs(),
  seed: drawSeed(),
});

/** Placements of a site are for who has its key; explanations for who has any. Throws `CodedError` with a `SiteKeyRefusal`. */
async function checkAccess(
  raw: Request,
  { request, catalog, explain, nowMs }: DecisionInput,
  { openSiteKey }: DecisionDependencies,
): Promise<void> {
  const claims = await readRequestKey(raw, openSiteKey, nowMs);
  const siteIds = request.placements.map(({ id }) => catalog.placements.get(id)?.siteId ?? null);
  requireSite(claims, siteIds);
  if (explain) requireAnySite(claims);
}

interface Made {
  readonly decision: Decision;
  /** In the order of the slots' spends. */
  readonly receipts: readonly Receipt[];
}

/** Null where the fault is ours: reported and counted, and answered with empty placements. */
function decideAndCommit(
  input: DecisionInput,
  listed: Shortlist,
  caps: Caps,
  { ledger, metrics, nowMs }: DecisionDependencies,
): Made | null {
  try {
    const decision = decide(input, listed, readState(listed.needs, caps, ledger, nowMs()));
    const spends = decision.placements.flatMap(({ slots }) => slots.flatMap((slot) => slot.spends));
    const receipts = ledger.commit(spends, decision.opportunities);
    countDecision(decision, metrics);
    return { decision, receipts };
  } catch (error) {
    reportError(error);
    for (const _ of listed.placements) metrics.noServes.add({ reason: "internal" });
    return null;
  }
}

/** Behind the response: what was shown of what was held, reports to the ledgers, the record. None fails another. */
async function followUp(
  { request, decisionId }: DecisionInput,
  made: Made | null,
  caps: Caps,
  dependencies: DecisionDependencies,
): Promise<void> {
  const { frequency, ledger } = dependencies;
  const { subjectId } = request;
  await Promise.all([
    caps && subjectId !== undefined && frequency.settle(subjectId, decisionId, made?.decision.views ?? new Map()),
    ledger.flush(),
    made && recordEvents([made.decision.event], dependencies),
  ]);
}

function addExplanations(response: DecisionResponse, explanations: readonly Explanation[]): DecisionResponse {
  const placements = response.placements.map((placement, at) => ({ ...placement, explanation: explanations[at] as Explanation })); // one each
  return { ...response, placements };
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

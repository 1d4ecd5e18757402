// POST /v1/decisions: the creatives for each placement, with tracking URLs, in one call. The record follows behind the response.
import { Hono } from "hono/tiny";
import { CodedError } from "../../shared/schemas/coded-error.ts";
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
    const untilMs = request.timeoutMs === undefined ? null : dependencies.nowMs() + request.timeoutMs;
    const { catalogSequence, ...snapshot } = await takeSnapshot(dependencies, waitUntil, untilMs ?? undefined);
    const input = draw(
      { request: complete(request, context.req.raw), ...snapshot, explain: context.req.query("explain") === "true" },
      dependencies,
    );
    await checkAccess(context.req.raw, input, dependencies);
    const moment = { catalogSequence, untilMs, requestOrigin: new URL(context.req.url).origin };
    return context.json((await answer(input, moment, dependencies, waitUntil)) ?? leaveEmpty(input));
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

interface Moment {
  readonly catalogSequence: number;
  /** When the request's own time is over; null where it names none. */
  readonly untilMs: number | null;
  readonly requestOrigin: string;
}

/** Null where the fault is ours: it is reported and counted, and the placements stay empty. Throws `CodedError` where it is the request's. */
async function answer(
  input: DecisionInput,
  { catalogSequence, untilMs, requestOrigin }: Moment,
  dependencies: DecisionDependencies,
  waitUntil: WaitUntil,
): Promise<DecisionResponse | null> {
  const listed = listCandidates(input, dependencies);
  if (!listed) return null;
  const caps = await prepareState(input, listed.needs, catalogSequence, untilMs, dependencies, waitUntil);
  const made = decideAndCommit(input, listed, caps, dependencies); // nothing is awaited inside
  const presented = made && present(input, listed, made, requestOrigin, dependencies);
  waitUntil(followUp(input, made, presented, caps, dependencies));
  return presented;
}

function listCandidates(input: DecisionInput, dependencies: DecisionDependencies): Shortlist | null {
  try {
    return shortlist(input);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    return blameUs(error, input, dependencies);
  }
}

interface Made {
  readonly decision: Decision;
  /** In the order of the slots' spends. */
  readonly receipts: readonly Receipt[];
}

function decideAndCommit(input: DecisionInput, listed: Shortlist, caps: Caps, dependencies: DecisionDependencies): Made | null {
  const { ledger, metrics, nowMs } = dependencies;
  try {
    const decision = decide(input, listed, readState(listed.needs, caps, ledger, nowMs()));
    const spends = decision.placements.flatMap(({ slots }) => slots.flatMap((slot) => slot.spends));
    const receipts = ledger.commit(spends, decision.opportunities);
    countDecision(decision, metrics);
    return { decision, receipts };
  } catch (error) {
    return blameUs(error, input, dependencies);
  }
}

async function present(
  input: DecisionInput,
  listed: Shortlist,
  { decision, receipts }: Made,
  requestOrigin: string,
  dependencies: DecisionDependencies,
): Promise<DecisionResponse | null> {
  try {
    const response = await presentDecision(input, decision, receipts, requestOrigin, dependencies);
    return input.explain ? addExplanations(response, explainDecision(input, listed, decision)) : response;
  } catch (error) {
    return blameUs(error, input, dependencies);
  }
}

function blameUs(error: unknown, { request }: DecisionInput, { metrics }: DecisionDependencies): null {
  reportError(error);
  for (const _ of request.placements) metrics.noServes.add({ reason: "internal" });
  return null;
}

/**
 * Behind the response: what was shown of what was held, reports to the ledgers, the record. None fails another. What was decided and
 * could not be presented was not shown: nobody has seen it, and there is no record.
 */
async function followUp(
  { request, decisionId }: DecisionInput,
  made: Made | null,
  presented: Promise<DecisionResponse | null> | null,
  caps: Caps,
  dependencies: DecisionDependencies,
): Promise<void> {
  const { frequency, ledger } = dependencies;
  const { subjectId } = request;
  const shown = (await presented) && made?.decision;
  await Promise.all([
    caps && subjectId !== undefined && frequency.settle(subjectId, decisionId, shown?.views ?? new Map()),
    ledger.flush(),
    shown && recordEvents([shown.event], dependencies),
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

function countDecision({ placements }: Decision, metrics: Metrics): void {
  for (const { slots, noServe, fallback, counts } of placements) {
    metrics.decisions.add({ outcome: slots.length === 0 ? "no_serve" : fallback ? "fallback" : "model" });
    if (noServe) metrics.noServes.add({ reason: noServe });
    if (fallback) metrics.fallbacks.add({ reason: fallback });
    for (const [reason, count] of counts) metrics.drops.add({ reason }, count);
  }
}

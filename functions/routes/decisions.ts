// POST /v1/decisions: the creatives for each placement, with tracking URLs, in one call. The record follows behind the response.
import { Hono } from "hono/tiny";
import { DecisionRequest } from "../../shared/schemas/decisions.ts";
import { type OpenSiteKey, readRequestKey, requireAnySite, requireSite } from "../access/site-key.ts";
import { type SnapshotSources, takeSnapshot, type WaitUntil } from "../catalog/snapshot.ts";
import type { DecisionInput } from "../decision/decide.ts";
import { type AnswerDependencies, answerDecision } from "./answer-decision.ts";
import { readJsonBody } from "./body.ts";
import { connectionFacts } from "./connection.ts";

export interface DecisionDependencies extends SnapshotSources, AnswerDependencies {
  readonly openSiteKey: OpenSiteKey;
  /** 32 random bits, unsigned. */
  readonly drawSeed: () => number;
}

export function decisionRoutes(dependencies: DecisionDependencies) {
  return new Hono().post("/v1/decisions", async (context) => {
    const waitUntil: WaitUntil = (work) => context.executionCtx.waitUntil(work);
    const request = await readJsonBody(context, DecisionRequest);
    const untilMs = request.timeoutMs === undefined ? null : dependencies.nowMs() + request.timeoutMs;
    const { catalog, catalogVersion, catalogSequence, models, conversionModels } = await takeSnapshot(
      dependencies,
      waitUntil,
      untilMs ?? undefined,
    );
    const input: DecisionInput = {
      request: complete(request, context.req.raw),
      catalog,
      catalogVersion,
      models,
      conversionModels,
      decisionId: crypto.randomUUID(),
      nowMs: dependencies.nowMs(),
      seed: dependencies.drawSeed(),
      explain: context.req.query("explain") === "true",
    };
    await checkAccess(context.req.raw, input, dependencies);
    const moment = { catalogSequence, untilMs, requestOrigin: new URL(context.req.url).origin };
    return context.json(await answerDecision(input, moment, dependencies, waitUntil));
  });
}

/**
 * What the body leaves out, as far as the connection shows it: the record has it all. Place and device are each taken as a whole, so that
 * no region comes with another country.
 */
const complete = (request: DecisionRequest, raw: Request): DecisionRequest => ({
  ...connectionFacts(raw, request),
  ...request,
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

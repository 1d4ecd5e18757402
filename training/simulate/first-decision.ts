// The first decision: a request of the simulated market, as a curl command and really sent.
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { visitorFeatures } from "./catalog.ts";
import { type Market, visitorAt } from "./market.ts";

const TIMEOUT_MS = 20_000;
const POLL_MS = 250;

export interface FirstDecision {
  /** Works in a POSIX shell. */
  readonly curl: string;
  readonly response: DecisionResponse;
}

/**
 * Asks until every placement is served by the given model; null where none is published. Throws `CodedError`
 * `first_decision_failed` with the last answer where that does not happen in time.
 */
export async function decideFirst(market: Market, origin: string, modelVersion: string | null): Promise<FirstDecision> {
  const visitor = visitorAt(market, 0, 0);
  const placements = market.placements.slice(0, 2).map(({ id }) => ({ id }));
  const body = JSON.stringify({ subjectId: visitor.subjectId, features: visitorFeatures(visitor), placements });
  const url = `${origin}/v1/decisions`;
  const deadlineMs = Date.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const text = await answer.text();
    const response = answer.ok ? parse(DecisionResponse, JSON.parse(text), "response") : null;
    if (response?.modelVersion === modelVersion && response.placements.every(({ creatives }) => creatives.length > 0)) {
      return { curl: `curl -s ${url} -H 'content-type: application/json' -d '${body}'`, response };
    }
    if (Date.now() > deadlineMs) {
      throw new CodedError(
        "first_decision_failed",
        url,
        `expected model ${modelVersion}; the Worker answered ${answer.status}: ${text}`,
      );
    }
    await sleep(POLL_MS);
  }
}

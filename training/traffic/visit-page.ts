// One visitor on one page: asks for the decision, sees, perhaps clicks, perhaps buys, by the true probabilities.
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../shared/schemas/decisions.ts";
import { decisionEventId, type Event, outcomeEventId } from "../../shared/schemas/events.ts";
import { visitorFeatures } from "../simulate/catalog.ts";
import {
  clickProbability,
  conversionProbability,
  crowdRandom,
  eligibleCreatives,
  type Market,
  visitorAt,
} from "../simulate/market.ts";
import { drawOutcome, type Outcome } from "../simulate/visits.ts";
import type { Placement, Visitor } from "../simulate/world.ts";
import type { Client } from "./client.ts";
import { addExpected, count, type Tally, type TrafficFailure } from "./tally.ts";

export interface PageVisit {
  readonly market: Market;
  readonly crowd: number;
  readonly index: number;
  readonly client: Client;
  readonly nowMs: () => number;
  readonly tally: Tally;
}

type Decided = DecisionResponse["placements"][number];

/** Never throws for what the Worker answers: every failure is counted under its reason. */
export async function visitPage(visit: PageVisit): Promise<void> {
  const { market, crowd, index, tally, nowMs } = visit;
  const visitor = visitorAt(market, crowd, index);
  const random = crowdRandom(market, crowd, "visit", index);
  const timeMs = nowMs();
  const decision = await decide(visit, visitor);
  if (!decision) return;
  count(tally.modelVersions, decision.modelVersion ?? "none");
  tally.eventIds.add(decisionEventId(decision.decisionId));
  for (const decided of decision.placements) {
    const placement = market.placements.find(({ id }) => id === decided.placementId);
    if (decided.fallback) count(tally.fallbacks, decided.fallback);
    if (decided.noServe) count(tally.noServes, decided.noServe);
    const expected = placement && expect(market, visitor, placement, decided, timeMs);
    if (!expected) {
      if (decided.creatives.length > 0) count(tally.failures, "creative_unknown");
      continue;
    }
    addExpected(tally, expected);
    await act(visit, decision.decisionId, decided, drawOutcome(random, expected.served, expected.conversion));
  }
}

async function decide({ client, market, tally }: PageVisit, visitor: Visitor): Promise<DecisionResponse | null> {
  const body = {
    subjectId: visitor.subjectId,
    features: visitorFeatures(visitor),
    placements: market.placements.map(({ id }) => ({ id })),
  };
  const answer = await client.post(`${client.origin}/v1/decisions`, body).catch(() => null);
  if (answer?.status !== 200) {
    count(tally.failures, "decision_failed");
    return null;
  }
  tally.latenciesMs.push(answer.milliseconds);
  try {
    return parse(DecisionResponse, JSON.parse(answer.body));
  } catch (error) {
    if (!(error instanceof CodedError || error instanceof SyntaxError)) throw error;
    count(tally.failures, "decision_malformed");
    return null;
  }
}

/** What the truth says of a served placement; null where nothing was served, or what this market does not have. */
function expect(market: Market, visitor: Visitor, placement: Placement, { creatives }: Decided, timeMs: number) {
  const candidates = eligibleCreatives(market, placement);
  const chosen = candidates.find(({ id }) => id === creatives[0]?.creativeId);
  if (!chosen) return null;
  const probabilities = candidates.map((candidate) => clickProbability(market, visitor, placement, candidate, timeMs));
  return {
    served: clickProbability(market, visitor, placement, chosen, timeMs),
    random: probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length,
    best: Math.max(...probabilities),
    conversion: conversionProbability(market, visitor, placement, chosen),
  };
}

async function act(visit: PageVisit, decisionId: string, { placementId, creatives }: Decided, outcome: Outcome): Promise<void> {
  const { client, tally, nowMs } = visit;
  const creative = creatives[0]; // the page asks for one
  if (!creative) return;
  const sent = (type: Event["type"]) => tally.eventIds.add(outcomeEventId(decisionId, placementId, 0, type));
  if (outcome.rendered && (await track(visit, creative.impressionUrl, 204))) {
    tally.impressionCount++;
    sent("impression");
  }
  if (outcome.clicked && (await track(visit, creative.clickUrl, 302))) {
    tally.clickCount++;
    sent("click");
  }
  if (!outcome.converted) return;
  const id = outcomeEventId(decisionId, placementId, 0, "conversion");
  const event = { type: "conversion", id, timeMs: nowMs(), decisionId, placementId };
  const answer = await client.post(`${client.origin}/v1/events`, { events: [event] }).catch(() => null);
  if (answer?.status === 202) {
    tally.conversionCount++;
    sent("conversion");
  } else count(tally.failures, "conversion_failed");
}

/** Tracking URLs of another origin are not called: traffic goes nowhere but where it was sent. */
async function track({ client, tally }: PageVisit, url: string, expectedStatus: number): Promise<boolean> {
  const fail = (failure: TrafficFailure): false => {
    count(tally.failures, failure);
    return false;
  };
  if (new URL(url).origin !== client.origin) return fail("tracking_foreign");
  const answer = await client.get(url).catch(() => null);
  return answer?.status === expectedStatus || fail("tracking_failed");
}

// A visit as the Worker and the sites would have logged it, and the truth beside it.
import type { ConsideredCandidate, DecisionEvent, Event } from "../../shared/schemas/events.ts";
import { outcomeEventId } from "../../shared/schemas/events.ts";
import { candidateFeatures, contextFeatures } from "./catalog.ts";
import type { Market } from "./market.ts";
import type { Choice, SimulatedPolicy, Visit } from "./visits.ts";

/** How long after the decision each outcome is seen. */
const DELAY_MS = { impression: 800, click: 9_000, conversion: 900_000 };

/** One line of truth for each decision and placement: enough for the AUC's ceiling and for a policy's regret. */
export interface TruthRow {
  readonly decisionId: string;
  readonly placementId: string;
  readonly creativeId: string;
  readonly rendered: boolean;
  readonly clicked: boolean;
  /** Of the chosen creative, of a random one, and of the best one. */
  readonly clickProbability: number;
  readonly randomClickProbability: number;
  readonly bestClickProbability: number;
}

export function visitEvents(market: Market, visit: Visit, policy: SimulatedPolicy): Event[] {
  return visit.choices.flatMap((choice) => [decisionEvent(market, visit, choice, policy), ...outcomeEvents(visit, choice)]);
}

export function visitTruth({ decisionId, choices }: Visit): TruthRow[] {
  return choices.map(({ placement, chosen, chosenProbability, probabilities, outcome }) => ({
    decisionId,
    placementId: placement.id,
    creativeId: chosen.id,
    rendered: outcome.rendered,
    clicked: outcome.clicked,
    clickProbability: chosenProbability,
    randomClickProbability: probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length,
    bestClickProbability: Math.max(...probabilities),
  }));
}

function decisionEvent(market: Market, visit: Visit, choice: Choice, policy: SimulatedPolicy): DecisionEvent {
  const { visitor, timeMs, decisionId } = visit;
  const { placement, candidates, chosen } = choice;
  const eligible = new Set(candidates);
  return {
    type: "decision",
    id: outcomeEventId(decisionId, placement.id, 0, "decision"),
    timeMs,
    decisionId,
    placementId: placement.id,
    subjectId: visitor.subjectId,
    features: contextFeatures(visitor, placement, timeMs),
    candidates: candidates.map(
      (creative): ConsideredCandidate => ({
        creativeId: creative.id,
        logit: null,
        probability: null,
        propensity: policy === "random" ? 1 / candidates.length : Number(creative === chosen),
        ...(creative === chosen && { features: candidateFeatures(creative) }),
      }),
    ),
    dropped: market.creatives
      .filter((creative) => !eligible.has(creative))
      .map(({ id }) => ({ creativeId: id, reason: "size_mismatch" })),
    chosenId: chosen.id,
    propensity: policy === "random" ? 1 / candidates.length : 1,
    policy: { name: policy === "random" ? "random" : "greedy" },
    fallback: null,
    noServe: null,
    model: null,
    catalogVersion: null,
    assignments: [],
    seed: market.seed,
  };
}

function outcomeEvents({ decisionId, timeMs }: Visit, { placement, chosen, outcome }: Choice): Event[] {
  const event = <Type extends keyof typeof DELAY_MS>(type: Type) => ({
    type,
    id: outcomeEventId(decisionId, placement.id, 0, type),
    timeMs: timeMs + DELAY_MS[type],
    decisionId,
    placementId: placement.id,
    slot: 0,
  });
  return [
    ...(outcome.rendered ? [{ ...event("impression"), creativeId: chosen.id }] : []),
    ...(outcome.clicked ? [{ ...event("click"), creativeId: chosen.id }] : []),
    ...(outcome.converted ? [event("conversion")] : []),
  ];
}

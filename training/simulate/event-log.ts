// A visit as the Worker and the sites would have logged it, and the truth beside it.

import { type DecidedPlacement, type DecisionEvent, EMPTY_STATE } from "../../shared/schemas/decision-record.ts";
import { decisionEventId, type Event, outcomeEventId } from "../../shared/schemas/events.ts";
import type { Features } from "../../shared/schemas/features.ts";
import { packNumbers } from "../../shared/schemas/packed-numbers.ts";
import { candidateFeatures, contextFeatures, STANDARD_TIER, visitorFeatures } from "./catalog.ts";
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

export function visitEvents(visit: Visit, policy: SimulatedPolicy): Event[] {
  return [decisionEvent(visit, policy), ...visit.choices.flatMap((choice) => outcomeEvents(visit, choice))];
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

function decisionEvent({ visitor, timeMs, decisionId, choices }: Visit, policy: SimulatedPolicy): DecisionEvent {
  const placements = choices.map(({ placement }) => ({ id: placement.id, count: 1 }));
  return {
    type: "decision",
    id: decisionEventId(decisionId),
    timeMs,
    decisionId,
    request: { subjectId: visitor.subjectId, features: visitorFeatures(visitor), placements },
    state: EMPTY_STATE,
    seed: 0,
    catalogVersion: null,
    model: null,
    conversionModel: null,
    assignments: [],
    placements: choices.map((choice) => decidedPlacement(choice, contextFeatures(visitor, choice.placement, timeMs), policy)),
  };
}

function decidedPlacement(
  { placement, candidates, chosen }: Choice,
  features: Features,
  policy: SimulatedPolicy,
): DecidedPlacement {
  const propensities = candidates.map((one) => (policy === "random" ? 1 / candidates.length : Number(one === chosen)));
  const policyName = policy === "random" ? "random" : "greedy";
  const creativeIds = candidates.map(({ id }) => id);
  const tier = { tierId: STANDARD_TIER, policy: { name: policyName } as const, creativeIds, logits: null };
  const slot = {
    creativeId: chosen.id,
    tierIndex: 0,
    propensity: propensities[candidates.indexOf(chosen)] ?? 0,
    propensities: packNumbers(Float64Array.from(propensities)),
    seed: 0,
    logit: null,
    probability: null,
    valueMicros: null,
    price: null,
    minimumToWinMicros: null,
    heldMicros: 0,
    score: null,
    features: candidateFeatures(chosen),
  };
  return { placementId: placement.id, features, dropped: [], fallback: null, noServe: null, tiers: [tier], slots: [slot] };
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

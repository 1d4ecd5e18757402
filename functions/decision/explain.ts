// The explanation of a placement's decision, made of its facts: stages, drops, tiers with their candidates, slots.
import { DROP_REASONS, type DropReason, LOST_TO_HIGHER_BID } from "../../shared/catalog/reasons.ts";
import type { Assignment } from "../../shared/schemas/assignment.ts";
import {
  type ExplainedCandidate,
  type ExplainedSlot,
  type ExplainedTier,
  type Explanation,
  MAX_EXPLAINED_CANDIDATES,
  MAX_EXPLAINED_DROPS,
  STAGES,
  type StageSummary,
} from "../../shared/schemas/explanation.ts";
import type { Attribution } from "../../shared/scoring/attribution.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Ranked } from "./ranking.ts";
import type { PlacementFacts, SlotFacts, TierFacts } from "./record.ts";

export interface DropFact {
  readonly creativeId: string;
  readonly reason: DropReason;
}

export interface ExplainInput {
  readonly facts: PlacementFacts;
  /** Of creatives before any stage. */
  readonly considered: number;
  /** Every creative that was dropped, once. Walked once. */
  readonly dropped: Iterable<DropFact>;
  readonly assignments: readonly Assignment[];
  readonly seed: number;
  /** Parts of the logit of one that is shown; null where no model scored it. */
  readonly attribute: (slot: SlotFacts) => Attribution | null;
  /** The least bid with which a loser would have been ranked before the first; null where there is none. */
  readonly findBid: (loser: Ranked<Candidate>, first: Ranked<Candidate>) => number | null;
}

/** Lists are cut to what the wire type takes: drops to those that came furthest, candidates to the best. */
export function explain(input: ExplainInput): Explanation {
  const { facts, considered, assignments, seed } = input;
  const { counts, listed } = countDrops(input.dropped);
  return {
    placementId: facts.placementId,
    considered,
    stages: summarise(considered, counts),
    dropped: listed.map((drop) => ({ ...drop, openrtb: DROP_REASONS[drop.reason].openrtb })),
    tiers: facts.tiers.map((tier, tierIndex) => explainTier(tier, tierIndex, input)),
    slots: facts.slots.map((slot) => explainSlot(slot, facts.tiers, input)),
    assignments: [...assignments],
    seed,
  };
}

/** How many for each reason, and the first ones of the last stages. */
function countDrops(dropped: Iterable<DropFact>): { readonly counts: Map<DropReason, number>; readonly listed: DropFact[] } {
  const counts = new Map<DropReason, number>();
  const byStage = new Map(STAGES.map((stage) => [stage as string, [] as DropFact[]]));
  for (const { creativeId, reason } of dropped) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const first = byStage.get(DROP_REASONS[reason].stage) ?? [];
    if (first.length < MAX_EXPLAINED_DROPS) first.push({ creativeId, reason });
  }
  return { counts, listed: [...byStage.values()].reverse().flat().slice(0, MAX_EXPLAINED_DROPS) };
}

/** Reasons in the order of the closed list, which is that in which they were asked. */
function summarise(considered: number, counts: ReadonlyMap<DropReason, number>): StageSummary[] {
  const reasons = Object.keys(DROP_REASONS) as DropReason[]; // the keys of that constant
  let survivors = considered;
  return STAGES.map((stage) => {
    const dropped = reasons
      .filter((reason) => DROP_REASONS[reason].stage === stage && counts.has(reason))
      .map((reason) => ({ reason, openrtb: DROP_REASONS[reason].openrtb, count: counts.get(reason) ?? 0 }));
    survivors -= dropped.reduce((sum, { count }) => sum + count, 0);
    return { stage, survivors, dropped };
  });
}

function explainTier({ tierId, policy, ranked }: TierFacts, tierIndex: number, { facts, findBid }: ExplainInput): ExplainedTier {
  const slots = facts.slots.filter((slot) => slot.tierIndex === tierIndex);
  const shown = new Set(slots.map(({ chosen }) => chosen));
  const [first] = ranked;
  const candidates = ranked.slice(0, MAX_EXPLAINED_CANDIDATES).map((one, rank): ExplainedCandidate => {
    return {
      creativeId: one.candidate.creativeId,
      rank: rank + 1,
      valueMicros: one.valueMicros,
      probability: one.probability,
      bidToOutrankMicros: first && rank > 0 ? findBid(one, first) : null,
      propensities: slots.map(({ distribution }) => distribution[rank] ?? 0),
      openrtb: shown.has(one) ? null : LOST_TO_HIGHER_BID,
    };
  });
  return { tierId, policy, candidates, candidateCount: ranked.length };
}

function explainSlot(slot: SlotFacts, tiers: readonly TierFacts[], { attribute }: ExplainInput): ExplainedSlot {
  const { tierIndex, chosen, propensity, charge } = slot;
  const { creativeId, supply } = chosen.candidate;
  const score = attribute(slot);
  return {
    creativeId,
    tierIndex,
    rank: 1 + (tiers[tierIndex]?.ranked.indexOf(chosen) ?? 0),
    propensity,
    price: supply && charge && { model: supply.flight.price.model, micros: charge.priceMicros },
    minimumToWinMicros: charge?.minimumToWinMicros ?? null,
    score: score && { ...score, parts: [...score.parts] },
  };
}

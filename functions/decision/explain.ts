// The explanation of a placement's decision, made of its facts: stages, drops, candidates, slots.
import type { Policy } from "../../shared/catalog/policy.ts";
import { DROP_REASONS, type DropReason, LOST_TO_HIGHER_BID } from "../../shared/catalog/reasons.ts";
import type { Assignment } from "../../shared/schemas/decisions.ts";
import {
  type ExplainedCandidate,
  type ExplainedSlot,
  type Explanation,
  MAX_EXPLAINED_CANDIDATES,
  MAX_EXPLAINED_DROPS,
  STAGES,
  type StageSummary,
} from "../../shared/schemas/explanation.ts";
import type { Attribution } from "../../shared/scoring/attribution.ts";

export interface DropFact {
  readonly creativeId: string;
  readonly reason: DropReason;
}

/** `value` in micros for 1,000 impressions, not rounded; `propensities` one a slot. */
export interface CandidateFact {
  readonly creativeId: string;
  readonly value: number | null;
  readonly probability: number | null;
  readonly propensities: readonly number[];
}

/** `candidateIndex` is null where the slot is empty. */
export interface SlotFact {
  readonly candidateIndex: number | null;
  readonly priceMicros: number | null;
  readonly minimumToWinMicros: number | null;
  readonly score: Attribution | null;
}

export interface PlacementFacts {
  readonly placementId: string;
  /** Of creatives before any stage. */
  readonly considered: number;
  /** Every creative that was dropped, once. Walked once. */
  readonly dropped: Iterable<DropFact>;
  readonly tierId: string | null;
  /** Who took part to the end, in the order of rank. */
  readonly candidates: readonly CandidateFact[];
  readonly slots: readonly SlotFact[];
  readonly policy: Policy | null;
  readonly assignments: readonly Assignment[];
  readonly seed: number;
}

/** Lists are cut to what the wire type takes: drops to those that came furthest, candidates to the best. */
export function explain(facts: PlacementFacts): Explanation {
  const { placementId, considered, tierId, candidates, slots, policy, assignments, seed } = facts;
  const { counts, listed } = countDrops(facts.dropped);
  const shown = new Set(slots.map(({ candidateIndex }) => candidateIndex));
  return {
    placementId,
    considered,
    stages: summarise(considered, counts),
    dropped: listed.map((drop) => ({ ...drop, openrtb: DROP_REASONS[drop.reason].openrtb })),
    tierId,
    candidates: candidates.slice(0, MAX_EXPLAINED_CANDIDATES).map((one, rank) => explainCandidate(one, rank, shown.has(rank))),
    candidateCount: candidates.length,
    slots: slots.map((slot, index) => explainSlot(slot, index, candidates)),
    policy,
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

function explainCandidate(candidate: CandidateFact, rank: number, isShown: boolean): ExplainedCandidate {
  const { creativeId, value, probability, propensities } = candidate;
  return {
    creativeId,
    rank: rank + 1,
    valueMicros: value === null ? null : Math.round(value),
    probability,
    propensities: [...propensities],
    openrtb: isShown ? null : LOST_TO_HIGHER_BID,
  };
}

function explainSlot(slot: SlotFact, index: number, candidates: readonly CandidateFact[]): ExplainedSlot {
  const { candidateIndex, priceMicros, minimumToWinMicros, score } = slot;
  const winner = candidateIndex === null ? null : (candidates[candidateIndex] ?? null);
  return {
    creativeId: winner?.creativeId ?? null,
    rank: candidateIndex === null ? null : candidateIndex + 1,
    propensity: winner?.propensities[index] ?? null,
    priceMicros,
    minimumToWinMicros,
    score: score && { ...score, parts: [...score.parts] },
  };
}

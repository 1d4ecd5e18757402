// The decision record: enough to replay a decision byte for byte and to evaluate another policy on it, offline.
import type { Channel } from "../../shared/artifact/manifest.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import type { Assignment } from "../../shared/schemas/assignment.ts";
import type {
  DecidedPlacement,
  DecidedSlot,
  DecidedTier,
  DecisionEvent,
  RecordedState,
} from "../../shared/schemas/decision-record.ts";
import type { DecisionRequest, FallbackReason, NoServeReason } from "../../shared/schemas/decisions.ts";
import { decisionEventId } from "../../shared/schemas/events.ts";
import type { Features } from "../../shared/schemas/features.ts";
import { packNumbers } from "../../shared/schemas/packed-numbers.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Spend } from "../ledger/lease-holder.ts";
import type { Charge } from "./pricing.ts";
import type { Ranked } from "./ranking.ts";
import type { CandidateScores } from "./scoring.ts";

/** A model that a decision was served from. */
export interface ServedBy {
  readonly task: string;
  readonly channel: Channel;
  readonly version: string;
}

/** What all placements of a request have in common. */
export interface RequestFacts {
  readonly decisionId: string;
  readonly timeMs: number;
  readonly request: DecisionRequest;
  readonly state: RecordedState;
  readonly seed: number;
  readonly catalogVersion: string | null;
  readonly model: ServedBy | null;
  readonly conversionModel: ServedBy | null;
  readonly assignments: readonly Assignment[];
}

/** A tier that was asked. `scores` are of the candidates before they were ranked, at `Ranked.index`; `policy` is null where it drew lots. */
export interface TierFacts {
  readonly tierId: string | null;
  readonly policy: Policy | null;
  readonly ranked: readonly Ranked<Candidate>[];
  readonly scores: CandidateScores | null;
}

/** A creative that was drawn: `distribution` over the ranked candidates of its tier, `chosenIndex` into both. */
export interface SlotFacts {
  readonly tierIndex: number;
  readonly chosen: Ranked<Candidate>;
  readonly logit: number | null;
  readonly probability: number | null;
  readonly distribution: Float64Array;
  readonly propensity: number;
  readonly seed: number;
  readonly charge: Charge | null;
  /** What it takes of its campaign's accounts. */
  readonly spends: readonly Spend[];
}

/** What was decided for a placement. `dropped` names those that outside state or the choice dropped; `counts` counts all. */
export interface PlacementFacts {
  readonly placementId: string;
  readonly context: Features;
  readonly counts: ReadonlyMap<DropReason, number>;
  readonly dropped: readonly { readonly creativeId: string; readonly reason: DropReason }[];
  readonly tiers: readonly TierFacts[];
  readonly slots: readonly SlotFacts[];
  readonly fallback: FallbackReason | null;
  readonly noServe: NoServeReason | null;
}

export function toDecisionEvent(facts: RequestFacts, placements: readonly PlacementFacts[]): DecisionEvent {
  const { decisionId, timeMs, request, state, seed, catalogVersion, model, conversionModel, assignments } = facts;
  return {
    type: "decision",
    id: decisionEventId(decisionId),
    timeMs,
    decisionId,
    request,
    state,
    seed,
    catalogVersion,
    model,
    conversionModel,
    assignments: [...assignments],
    placements: placements.map(toPlacement),
  };
}

function toPlacement({ placementId, context, counts, tiers, slots, fallback, noServe }: PlacementFacts): DecidedPlacement {
  const dropped: DecidedPlacement["dropped"] = [];
  for (const [reason, count] of counts) dropped.push({ reason, count });
  return {
    placementId,
    features: context,
    dropped,
    fallback,
    noServe,
    tiers: tiers.map(toTier),
    slots: slots.map(toSlot),
  };
}

function toTier({ tierId, policy, ranked, scores }: TierFacts): DecidedTier {
  const creativeIds = ranked.map(({ candidate }) => candidate.creativeId);
  return { tierId, policy, creativeIds, logits: scores && packNumbers(rankLogits(ranked, scores.logits)) };
}

/** A loop: `Float32Array.from` with a function takes several times as long. */
function rankLogits(ranked: TierFacts["ranked"], logits: CandidateScores["logits"]): Float32Array {
  const column = new Float32Array(ranked.length);
  for (let rank = 0; rank < ranked.length; rank++) column[rank] = logits[(ranked[rank] as Ranked).index] as number; // one each
  return column;
}

function toSlot({ tierIndex, chosen, logit, probability, distribution, propensity, seed, charge }: SlotFacts): DecidedSlot {
  const { candidate, valueMicros } = chosen;
  const price = candidate.supply && charge && { model: candidate.supply.flight.price.model, micros: charge.priceMicros };
  return {
    creativeId: candidate.creativeId,
    tierIndex,
    propensity,
    propensities: packNumbers(distribution),
    seed,
    logit,
    probability,
    valueMicros,
    price,
    minimumToWinMicros: charge?.minimumToWinMicros ?? null,
    heldMicros: charge?.impressionMicros ?? 0,
    score: null,
    features: candidate.features,
  };
}

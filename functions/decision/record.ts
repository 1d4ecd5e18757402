// The decision record: enough to replay one placement's draw and to evaluate another policy on it, offline.
import type { Channel } from "../../shared/artifact/manifest.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { Assignment, FallbackReason, NoServeReason } from "../../shared/schemas/decisions.ts";
import { type ConsideredCandidate, type DecisionEvent, outcomeEventId } from "../../shared/schemas/events.ts";
import type { Features } from "../../shared/schemas/features.ts";
import type { Dropped } from "./eligibility.ts";
import type { Ranked } from "./ranking.ts";

/** What all placements of a request have in common. */
export interface RequestFacts {
  readonly decisionId: string;
  readonly timeMs: number;
  readonly subjectId: string | null;
  readonly catalogVersion: string | null;
  readonly model: { readonly task: string; readonly channel: Channel; readonly version: string } | null;
  readonly assignments: readonly Assignment[];
}

/** What was decided for one of them. `ranked` and `distribution` go together; `chosenIndex` is into both. */
export interface PlacementFacts {
  readonly placementId: string;
  readonly context: Features;
  readonly ranked: readonly Ranked[];
  readonly distribution: readonly number[];
  readonly dropped: readonly Dropped[];
  readonly chosenIndex: number | null;
  readonly policy: Policy;
  readonly fallback: FallbackReason | null;
  readonly noServe: NoServeReason | null;
  readonly seed: number;
}

/** Candidates are listed in the order of the draw: `draw(propensities, uniformFrom(seed))` is the index of the chosen one. */
export function toDecisionEvent(request: RequestFacts, placement: PlacementFacts): DecisionEvent {
  const { ranked, distribution, chosenIndex, placementId } = placement;
  return {
    type: "decision",
    id: outcomeEventId(request.decisionId, placementId, "decision"),
    timeMs: request.timeMs,
    decisionId: request.decisionId,
    placementId,
    subjectId: request.subjectId,
    features: placement.context,
    candidates: ranked.map((one, index) => toConsidered(one, distribution[index] ?? 0, index === chosenIndex)),
    dropped: [...placement.dropped],
    chosenId: chosenIndex === null ? null : (ranked[chosenIndex]?.candidate.creativeId ?? null),
    propensity: chosenIndex === null ? null : (distribution[chosenIndex] ?? null),
    policy: placement.policy,
    fallback: placement.fallback,
    noServe: placement.noServe,
    model: request.model,
    catalogVersion: request.catalogVersion,
    assignments: [...request.assignments],
    seed: placement.seed,
  };
}

/** The catalog holds the features of its creatives; those of others, and of the chosen one, are kept here. */
function toConsidered({ candidate, score }: Ranked, propensity: number, isChosen: boolean): ConsideredCandidate {
  return {
    creativeId: candidate.creativeId,
    logit: score?.logit ?? null,
    probability: score?.probability ?? null,
    propensity,
    ...((isChosen || !candidate.supply) && { features: candidate.features }),
  };
}

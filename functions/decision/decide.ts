// THE story of a decision, every stage in order. Pure: the same input gives the same decision, byte for byte.
import type { Channel } from "../../shared/artifact/manifest.ts";
import { assignAll } from "../../shared/bucketing/assign.ts";
import { audienceOf } from "../../shared/catalog/audience.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { Assignment, DecisionRequest, FallbackReason, NoServeReason } from "../../shared/schemas/decisions.ts";
import type { DecisionEvent } from "../../shared/schemas/events.ts";
import type { Candidate, CatalogIndex } from "../catalog/catalog-index.ts";
import type { EdgeModel } from "../model/model.ts";
import { gatherCandidates, type Supply } from "./candidates.ts";
import { buildContext } from "./context.ts";
import { type Eligibility, screen } from "./eligibility.ts";
import { distribute, draw } from "./exploration.ts";
import { chooseMechanism, type Mechanism } from "./mechanism.ts";
import { findNoServeReason } from "./no-serve.ts";
import { rankCandidates } from "./ranking.ts";
import { type PlacementFacts, type RequestFacts, toDecisionEvent } from "./record.ts";
import { scoreCandidates } from "./scoring.ts";
import { seedAt, uniformFrom } from "./seeds.ts";

export interface ServedModel {
  readonly value: EdgeModel;
  readonly version: string;
}

/** Everything that a decision depends on. `catalogVersion` is null while none is loaded; `seed` is 32-bit unsigned. */
export interface DecisionInput {
  readonly request: DecisionRequest;
  readonly catalog: CatalogIndex;
  readonly catalogVersion: string | null;
  readonly models: ReadonlyMap<Channel, ServedModel>;
  readonly decisionId: string;
  readonly nowMs: number;
  readonly seed: number;
}

export interface PlacementDecision {
  readonly placementId: string;
  readonly chosen: Candidate | null;
  readonly probability: number | null;
  readonly fallback: FallbackReason | null;
  readonly noServe: NoServeReason | null;
}

export interface Decision {
  readonly placements: readonly PlacementDecision[];
  readonly modelVersion: string | null;
  readonly assignments: readonly Assignment[];
  readonly events: readonly DecisionEvent[];
}

/** Throws `CodedError` where the request contradicts itself or the catalog: `placement_unknown`, `id_duplicate`. */
export function decide(input: DecisionInput): Decision {
  const { request, catalog, catalogVersion, decisionId, nowMs } = input;
  const supplies = gatherCandidates(request, catalog, catalogVersion !== null);
  const assignments = request.subjectId === undefined ? [] : assignAll(catalog.experiments, request.subjectId);
  const mechanism = chooseMechanism(catalog.policy, catalog.experiments, assignments);
  const { channel, model } = pickModel(input, mechanism);
  const facts: RequestFacts = {
    decisionId,
    timeMs: nowMs,
    subjectId: request.subjectId ?? null,
    catalogVersion,
    model: model && { task: catalog.task, channel, version: model.version },
    assignments,
  };
  const screenPlacement = screen(catalog, audienceOf({}), nowMs, { explain: true });
  const placements = supplies.map((supply, index) => {
    const { fromCatalog, placement, candidates } = supply;
    const eligibility = fromCatalog ? screenPlacement(placement) : { eligible: candidates, dropped: [], drops: [] };
    return choose(input, supply, eligibility, mechanism, model, seedAt(input.seed, index));
  });
  return {
    placements: placements.map(toPlacementDecision),
    modelVersion: model?.version ?? null,
    assignments,
    events: placements.map((placement) => toDecisionEvent(facts, placement)),
  };
}

/** The arm's channel; where nothing was ever published on it, stable, and the record says so. */
function pickModel({ models }: DecisionInput, mechanism: Mechanism): { channel: Channel; model: ServedModel | null } {
  const wanted = models.get(mechanism.channel);
  return wanted ? { channel: mechanism.channel, model: wanted } : { channel: "stable", model: models.get("stable") ?? null };
}

/** One placement: eligible -> scored -> ranked -> drawn. Without scores the draw is uniform, and the fallback says why. */
function choose(
  { request, catalogVersion, nowMs }: DecisionInput,
  { placementId, placement, candidates, fromCatalog }: Supply,
  { eligible, drops }: Eligibility,
  mechanism: Mechanism,
  model: ServedModel | null,
  seed: number,
): PlacementFacts {
  const context = buildContext(placement, request.features, nowMs);
  const noServe = findNoServeReason(eligible.length, candidates.length, catalogVersion !== null);
  const facts = { placementId, context, dropped: drops ?? [], noServe, seed };
  if (noServe) {
    return { ...facts, ranked: [], distribution: [], chosenIndex: null, policy: mechanism.policy, fallback: null };
  }
  const features = eligible.map((candidate) => candidate.features);
  const scores = model && scoreCandidates(model.value, context, features, { known: fromCatalog });
  const fallback = findFallback(scores !== null, model !== null, mechanism.policy);
  const policy = fallback ? ({ name: "random" } as const) : mechanism.policy;
  const ranked = rankCandidates(eligible, scores);
  const distribution = distribute(policy, ranked.length);
  const chosenIndex = draw(distribution, uniformFrom(seed));
  return { ...facts, ranked, distribution, chosenIndex, policy, fallback };
}

/** A random policy needs no model; one that is there and fails is reported all the same. */
function findFallback(scored: boolean, hasModel: boolean, policy: Policy): FallbackReason | null {
  if (scored) return null;
  if (hasModel) return "score_failed";
  return policy.name === "random" ? null : "no_model";
}

function toPlacementDecision({ placementId, ranked, chosenIndex, fallback, noServe }: PlacementFacts): PlacementDecision {
  const chosen = chosenIndex === null ? null : (ranked[chosenIndex] ?? null);
  return {
    placementId,
    chosen: chosen?.candidate ?? null,
    probability: chosen?.score?.probability ?? null,
    fallback,
    noServe,
  };
}

// THE story of a decision, every stage in order. Pure: the same input and state give the same decision, byte for byte.
import type { Channel } from "../../shared/artifact/manifest.ts";
import { assignAll } from "../../shared/bucketing/assign.ts";
import { audienceOf } from "../../shared/catalog/audience.ts";
import type { Assignment } from "../../shared/schemas/assignment.ts";
import type { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import type { DecisionRequest } from "../../shared/schemas/decisions.ts";
import type { DropCount } from "../catalog/calendar.ts";
import type { Candidate, CatalogIndex } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";
import type { ShownViews } from "../frequency/views.ts";
import type { Opportunities } from "../ledger/lease-holder.ts";
import type { EdgeModel } from "../model/model.ts";
import { gatherCandidates, type Supply } from "./candidates.ts";
import { buildContext } from "./context.ts";
import { decidePlacement } from "./decide-placement.ts";
import { type Dropped, screen } from "./eligibility.ts";
import { Gates } from "./gates.ts";
import { chooseMechanism, type Mechanism } from "./mechanism.ts";
import { collectNeeds, type Needs, placeAccounts } from "./needs.ts";
import { findNoServeReason } from "./no-serve.ts";
import { type PlacementFacts, type ServedBy, toDecisionEvent } from "./record.ts";
import { seedAt, uniformFrom } from "./seeds.ts";
import { type DecisionState, recordState } from "./state.ts";

export interface ServedModel {
  readonly value: EdgeModel;
  readonly version: string;
}

/** What a decision depends on, beside the state. `catalogVersion` is null while none is loaded; `seed` is 32-bit unsigned. */
export interface DecisionInput {
  readonly request: DecisionRequest;
  readonly catalog: CatalogIndex;
  readonly catalogVersion: string | null;
  /** Of the catalog's task, and of its conversion task, by channel. */
  readonly models: ReadonlyMap<Channel, ServedModel>;
  readonly conversionModels: ReadonlyMap<Channel, ServedModel>;
  readonly decisionId: string;
  readonly nowMs: number;
  readonly seed: number;
  /** Whether every drop is wanted by name. */
  readonly explain: boolean;
}

/** Who may be shown where, before the state is known, and what of the state must be. */
export interface Shortlist {
  readonly placements: readonly Shortlisted[];
  readonly needs: Needs;
}

interface Shortlisted {
  readonly supply: Supply;
  readonly eligible: readonly Candidate[];
  readonly dropped: readonly DropCount[];
  /** By name; null where that is not wanted. */
  readonly drops: readonly Dropped[] | null;
}

/** `views` are what the decision used of each cap; `opportunities` how often it could have spent from each account: once a placement. */
export interface Decision {
  readonly placements: readonly PlacementFacts[];
  readonly modelVersion: string | null;
  readonly assignments: readonly Assignment[];
  readonly event: DecisionEvent;
  readonly views: readonly ShownViews[];
  readonly opportunities: readonly Opportunities[];
}

/**
 * The stages that need no state. Throws `CodedError` where the request contradicts itself or the catalog: `placement_unknown`,
 * `id_duplicate`.
 */
export function shortlist({ request, catalog, catalogVersion, nowMs, explain }: DecisionInput): Shortlist {
  const supplies = gatherCandidates(request, catalog, catalogVersion !== null);
  const asked = supplies.map(({ placement }) => placement);
  const screened = screen(catalog, audienceOf(request), asked, nowMs, { explain });
  const placements = supplies.map((supply, index): Shortlisted => {
    const own = { eligible: supply.candidates, dropped: [], drops: null };
    return { supply, ...(supply.fromCatalog ? (screened[index] ?? own) : own) };
  });
  const slotCount = placements.reduce((sum, { supply }) => sum + supply.slotCount, 0);
  return {
    placements,
    needs: collectNeeds(
      placements.map(({ eligible }) => eligible),
      slotCount,
      catalog.accountPlaces,
    ),
  };
}

/** All other stages, placement by placement in the request's order: what one of them shows, those after it do not. */
export function decide(input: DecisionInput, { placements: shortlisted, needs }: Shortlist, state: DecisionState): Decision {
  const { request, catalog, catalogVersion, decisionId, nowMs, seed } = input;
  const assignments = request.subjectId === undefined ? [] : assignAll(catalog.experiments, request.subjectId);
  const mechanism = chooseMechanism(catalog.policy, catalog.experiments, assignments);
  const model = pickModel(input.models, mechanism, catalog.task);
  const conversionModel =
    catalog.conversionTask === null ? null : pickModel(input.conversionModels, mechanism, catalog.conversionTask);
  const { accounts } = needs;
  const places = placeAccounts(needs, catalog.accountPlaces);
  const tossFor = ({ hash }: Account, placementIndex: number) => uniformFrom(seedAt(seed ^ hash, placementIndex));
  const gates = new Gates({ state, accounts, places, hasSubject: request.subjectId !== undefined, tossFor });
  let drawCount = 0;
  const placements = shortlisted.map(({ supply, eligible, dropped }, index): PlacementFacts => {
    const decided = decidePlacement({
      ...supply,
      index,
      eligible,
      dropped,
      context: buildContext(supply.placement, request.features, nowMs),
      tiers: catalog.tiers,
      auction: catalog.auction,
      policy: mechanism.policy,
      model: model?.value ?? null,
      conversionModel: conversionModel?.value ?? null,
      nowMs,
      gates,
      nextSeed: () => seedAt(seed, drawCount++),
    });
    const isFull = decided.slots.length === supply.slotCount;
    return { ...decided, noServe: isFull ? null : findNoServeReason(supply.candidates.length, catalogVersion !== null) };
  });
  const facts = { decisionId, timeMs: nowMs, request, state: recordState(accounts, state), seed, catalogVersion, assignments };
  const servedBy = { model: model?.servedBy ?? null, conversionModel: conversionModel?.servedBy ?? null };
  return {
    placements,
    modelVersion: model?.servedBy.version ?? null,
    assignments,
    event: toDecisionEvent({ ...facts, ...servedBy }, placements),
    views: gates.views,
    opportunities: gates.opportunities,
  };
}

interface PickedModel {
  readonly value: EdgeModel;
  readonly servedBy: ServedBy;
}

/** The arm's channel; where nothing was ever published on it, stable, and the record says so. */
function pickModel(models: ReadonlyMap<Channel, ServedModel>, { channel: wanted }: Mechanism, task: string): PickedModel | null {
  const channel = models.has(wanted) ? wanted : "stable";
  const model = models.get(channel);
  return model ? { value: model.value, servedBy: { task, channel, version: model.version } } : null;
}

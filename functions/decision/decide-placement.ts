// THE story of one placement: gates, tier by tier; scores, ranks; then slot by slot a draw and its price.
import type { Auction, Tier } from "../../shared/catalog/catalog.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { type Arms, distribute } from "../../shared/policies/distribute.ts";
import { drawSlots, type SlotDraw } from "../../shared/policies/slots.ts";
import type { FallbackReason } from "../../shared/schemas/decisions.ts";
import type { Features } from "../../shared/schemas/features.ts";
import type { DropCount } from "../catalog/calendar.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { EdgeModel } from "../model/model.ts";
import { armsOf, distributeLots } from "./arms.ts";
import type { Gates } from "./gates.ts";
import { type Charge, priceLot, priceUnscored, priceWinner } from "./pricing.ts";
import { type Ranked, rankCandidates, scoreDraws } from "./ranking.ts";
import type { PlacementFacts, SlotFacts, TierFacts } from "./record.ts";
import { scoreCandidates } from "./scoring.ts";
import { uniformFrom } from "./seeds.ts";

/** What a placement is decided from. */
export interface PlacementInput {
  readonly index: number;
  readonly placementId: string;
  readonly slotCount: number;
  readonly floorMicros: number;
  /** In the order of their tiers. */
  readonly eligible: readonly Candidate[];
  /** Whether those are the catalog's own, which are the same objects in every request. */
  readonly fromCatalog: boolean;
  /** Those that were not eligible, counted. */
  readonly dropped: readonly DropCount[];
  readonly context: Features;
  readonly tiers: readonly Tier[];
  readonly auction: Auction;
  readonly policy: Policy;
  readonly model: EdgeModel | null;
  readonly conversionModel: EdgeModel | null;
  readonly nowMs: number;
  readonly gates: Gates;
  /** A new 32-bit seed at each call. */
  readonly nextSeed: () => number;
}

export function decidePlacement(input: PlacementInput): Omit<PlacementFacts, "noServe"> {
  const counts = new Map<DropReason, number>();
  for (const { reason, count } of input.dropped) counts.set(reason, count);
  const dropped: { creativeId: string; reason: DropReason }[] = [];
  const drop = (creativeId: string, reason: DropReason) => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    dropped.push({ creativeId, reason });
  };
  const tiers: AskedTier[] = [];
  const slots: SlotFacts[] = [];
  let fallback: FallbackReason | null = null;
  for (const group of groupByTier(sift(input.eligible, (one) => input.gates.check(one, input.index), drop))) {
    if (slots.length === input.slotCount) {
      for (const { creativeId } of group) drop(creativeId, "tier_outranked");
      continue;
    }
    const candidates = slots.length === 0 ? group : sift(group, (one) => input.gates.recheck(one), drop);
    if (candidates.length === 0) continue;
    const tier = askTier(input, candidates, drop);
    fallback ??= tier.fallback;
    if (tier.ranked.length === 0) continue;
    tiers.push(tier);
    fillSlots(input, tier, tiers.length - 1, slots);
  }
  return { placementId: input.placementId, context: input.context, counts, dropped, tiers, slots, fallback };
}

/** `fallback` says why another policy than the wanted one drew. */
interface AskedTier extends TierFacts {
  readonly fallback: FallbackReason | null;
  /** Null where the tier draws lots. */
  readonly arms: Arms | null;
}

type Drop = (creativeId: string, reason: DropReason) => void;

/** Those that no gate stops; the others are dropped, each for its reason. */
function sift(candidates: readonly Candidate[], findReason: (one: Candidate) => DropReason | null, drop: Drop): Candidate[] {
  return candidates.filter((candidate) => {
    const reason = findReason(candidate);
    if (reason) drop(candidate.creativeId, reason);
    return reason === null;
  });
}

/** Neighbours of one tier; those of the request are a tier of their own. */
function groupByTier(candidates: readonly Candidate[]): Candidate[][] {
  const groups: Candidate[][] = [];
  let rank: number | null = null;
  for (const candidate of candidates) {
    const own = candidate.supply?.tierRank ?? -1;
    if (own !== rank) groups.push([]);
    rank = own;
    groups.at(-1)?.push(candidate);
  }
  return groups;
}

/** Scores and ranks. Where the model is needed and does not answer the draw is uniform, and the fallback says why. */
function askTier(input: PlacementInput, candidates: readonly Candidate[], drop: Drop): AskedTier {
  const tier = input.tiers[candidates[0]?.supply?.tierRank ?? -1] ?? null;
  const policy = tier?.selection === "weighted" ? null : input.policy;
  const { model, context, fromCatalog } = input;
  const options = { known: fromCatalog, withDraws: policy?.name === "thompson" };
  const clicks = model && scoreCandidates(model, context, candidates, options);
  const isUnscored = clicks === null && candidates.some(({ supply }) => (supply?.price.model ?? "cpc") === "cpc");
  const floorMicros = policy ? input.floorMicros : 0; // a lot sells nothing: the house is shown for nothing
  const rules = { ...input.auction, floorMicros, keepsUnscored: isUnscored };
  const probabilities = { clicks: clicks?.probabilities ?? null, conversions: scoreConversions(input, candidates) };
  const { ranked, dropped } = rankCandidates(candidates, probabilities, rules);
  for (const { creativeId, reason } of dropped) drop(creativeId, reason);
  const drawn = { drawCount: clicks?.drawCount ?? 0, clicks: clicks?.drawn ?? null, conversions: null };
  const draws = drawn.clicks && scoreDraws(ranked, drawn, input.auction.qualityExponent);
  const drawing = policy && isUnscored ? ({ name: "random" } as const) : policy;
  return {
    tierId: tier?.id ?? null,
    policy: drawing,
    ranked,
    scores: clicks,
    fallback: policy && findFallback(policy, isUnscored, model !== null, draws !== null),
    arms: drawing && armsOf(ranked, drawing, draws, input.nowMs),
  };
}

/** Of those who pay for conversions; null where there are none, or no model answers. What the others have here means nothing. */
function scoreConversions({ conversionModel, context, fromCatalog }: PlacementInput, candidates: readonly Candidate[]) {
  if (!conversionModel) return null;
  const places: number[] = [];
  const buyers: Candidate[] = [];
  for (let place = 0; place < candidates.length; place++) {
    const candidate = candidates[place] as Candidate; // within the list
    if (candidate.supply?.price.model !== "cpa") continue;
    places.push(place);
    buyers.push(candidate);
  }
  const scores = buyers.length > 0 ? scoreCandidates(conversionModel, context, buyers, { known: fromCatalog }) : null;
  if (!scores) return null;
  const probabilities = new Array<number>(candidates.length).fill(0);
  for (let buyer = 0; buyer < places.length; buyer++)
    probabilities[places[buyer] as number] = scores.probabilities[buyer] as number; // one each
  return probabilities;
}

/** A random policy needs no model; one that is there and fails is reported all the same. */
function findFallback({ name }: Policy, isUnscored: boolean, hasModel: boolean, hasDraws: boolean): FallbackReason | null {
  if (isUnscored && hasModel) return "score_failed";
  if (isUnscored) return name === "random" ? null : "no_model";
  return name === "thompson" && !hasDraws ? "no_posterior" : null;
}

/** Draws until all slots are filled or nobody is left. What each draw takes closes gates for those after it. */
function fillSlots(input: PlacementInput, tier: AskedTier, tierIndex: number, slots: SlotFacts[]): void {
  const { ranked } = tier;
  let seed = 0;
  drawSlots(ranked.length, {
    slotCount: input.slotCount - slots.length,
    distributeOver: (left) => oddsOf(tier, left),
    uniformAt: () => {
      seed = input.nextSeed();
      return uniformFrom(seed);
    },
    remainAfter: (drawn, rest) => {
      slots.push(takeSlot(input, tier, tierIndex, drawn, seed));
      return rest.filter((rank) => input.gates.recheck((ranked[rank] as Ranked<Candidate>).candidate) === null); // ranks of the ranking
    },
  });
}

function takeSlot(
  input: PlacementInput,
  tier: AskedTier,
  tierIndex: number,
  { index, remaining, position, distribution: odds, propensity }: SlotDraw,
  seed: number,
): SlotFacts {
  const chosen = tier.ranked[index] as Ranked<Candidate>; // what is drawn is ranked
  const next = tier.ranked[remaining[position + 1] ?? -1] ?? null;
  const charge = chargeFor(input, tier, chosen, next);
  const score = {
    logit: tier.scores?.logits[chosen.index] ?? null,
    probability: tier.scores?.probabilities[chosen.index] ?? null,
  };
  const spends = input.gates.take(chosen.candidate, charge?.impressionMicros ?? 0);
  const distribution = new Float64Array(tier.ranked.length);
  for (let at = 0; at < remaining.length; at++) distribution[remaining[at] as number] = odds[at] as number; // one each
  return { tierIndex, chosen, ...score, distribution, propensity, seed, charge, spends };
}

/** Probabilities of the ranks that are left. */
function oddsOf({ ranked, policy, arms }: AskedTier, left: readonly number[]): number[] {
  if (policy && arms) return distribute(policy, arms, left);
  return distributeLots(left.map((rank) => ranked[rank] as Ranked<Candidate>)); // ranks of the ranking
}

function chargeFor(
  { auction, floorMicros }: PlacementInput,
  { policy }: TierFacts,
  chosen: Ranked<Candidate>,
  next: Ranked | null,
): Charge | null {
  if (chosen.probability === null) return priceUnscored(chosen);
  if (!policy) return priceLot(chosen);
  return priceWinner(chosen, next, { pricing: auction.pricing, floorMicros });
}

// A decision as its caller sees it: what to show, and the URLs that tell us what became of it.
import type { ChosenCreative, DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Decision, DecisionInput } from "../decision/decide.ts";
import type { Charge } from "../decision/pricing.ts";
import type { PlacementFacts, SlotFacts } from "../decision/record.ts";
import { createTrackingUrls } from "../events/tracking-urls.ts";

export interface PresentDependencies {
  readonly trackingKey: CryptoKey | Promise<CryptoKey>;
  /** Base of the tracking URLs; empty for the origin of the request. */
  readonly publicOrigin: string;
}

export async function presentDecision(
  { decisionId, nowMs }: DecisionInput,
  { placements, modelVersion, assignments }: Decision,
  requestOrigin: string,
  { trackingKey, publicOrigin }: PresentDependencies,
): Promise<DecisionResponse> {
  const origin = publicOrigin === "" ? requestOrigin : publicOrigin.replace(/\/$/, "");
  const key = await trackingKey;
  const present = async ({ placementId, slots, fallback, noServe }: PlacementFacts) => {
    const creatives = slots.map(async (slot, at) => {
      const claims = { decisionId, placementId, slot: at, ...claimsOf(slot), decidedMs: nowMs };
      return { ...describe(slot), ...(await createTrackingUrls(claims, origin, key)) };
    });
    return { placementId, creatives: await Promise.all(creatives), fallback, noServe };
  };
  return {
    decisionId,
    placements: await Promise.all(placements.map(present)),
    modelVersion,
    assignments: [...assignments],
  };
}

function claimsOf({ chosen: { candidate }, charge, leaseIds }: SlotFacts) {
  const { creativeId, landingUrl, supply } = candidate;
  return {
    creativeId,
    campaignId: supply?.campaign.id ?? null,
    price: priceOf(candidate, charge),
    leases: [...leaseIds],
    landingUrl,
  };
}

function describe({ chosen: { candidate }, probability, charge }: SlotFacts): Omit<ChosenCreative, "clickUrl" | "impressionUrl"> {
  return { creativeId: candidate.creativeId, ...contentOf(candidate), probability, price: priceOf(candidate, charge) };
}

const priceOf = ({ supply }: Candidate, charge: Charge | null) =>
  supply && charge && { model: supply.flight.price.model, micros: charge.priceMicros };

function contentOf({ content, imageUrl }: Candidate) {
  return content ?? { kind: "image" as const, ...(imageUrl !== undefined && { imageUrl }) };
}

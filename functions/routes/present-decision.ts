// A decision as its caller sees it: what to show, and the URLs that tell us what became of it.
import type { ChosenCreative, DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Decision, DecisionInput } from "../decision/decide.ts";
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
    const track = ({ chosen: { candidate } }: SlotFacts) => {
      const { creativeId, landingUrl } = candidate;
      return createTrackingUrls({ decisionId, placementId, creativeId, landingUrl, decidedMs: nowMs }, origin, key);
    };
    const creatives = await Promise.all(slots.map(async (slot) => ({ ...describe(slot), ...(await track(slot)) })));
    return { placementId, creatives, fallback, noServe };
  };
  return {
    decisionId,
    placements: await Promise.all(placements.map(present)),
    modelVersion,
    assignments: [...assignments],
  };
}

function describe({ chosen: { candidate }, probability, charge }: SlotFacts): Omit<ChosenCreative, "clickUrl" | "impressionUrl"> {
  const price = candidate.supply && charge && { model: candidate.supply.flight.price.model, micros: charge.priceMicros };
  return { creativeId: candidate.creativeId, ...contentOf(candidate), probability, price };
}

function contentOf({ content, imageUrl }: Candidate) {
  return content ?? { kind: "image" as const, ...(imageUrl !== undefined && { imageUrl }) };
}

// The market as a catalog snapshot and as the features that the model sees: exactly what the Worker serves and assembles.
import type { Catalog, Experiment, Policy } from "../../shared/schemas/catalog.ts";
import type { Features } from "../../shared/schemas/features.ts";
import { adClick } from "../../shared/tasks/ad-click.ts";
import type { Market } from "./market.ts";
import type { Creative, Placement, Visitor } from "./world.ts";

/** One subject in twenty keeps being shown random creatives: data without a bias to learn from, and the live proof of the uplift. */
const UPLIFT: Experiment = {
  id: "uplift",
  status: "active",
  hashVersion: 1,
  seed: "uplift-1",
  coverage: 1000,
  arms: [
    { id: "policy", weight: 1 },
    { id: "random", weight: 1, policy: { name: "random" } },
  ],
};

/** @example const catalog = catalogFor(createMarket(1), { name: "greedy" }); */
export function catalogFor(market: Market, policy: Policy): Catalog {
  const campaignIds = [...new Set(market.creatives.map(({ campaignId }) => campaignId))];
  return {
    formatVersion: 1,
    task: adClick.name,
    policy,
    campaigns: campaignIds.map((id) => ({ id, status: "active", flights: [{ id: "always", startMs: null, endMs: null }] })),
    creatives: market.creatives.map((creative) => ({
      id: creative.id,
      campaignId: creative.campaignId,
      status: "active",
      widthPx: creative.widthPx,
      heightPx: creative.heightPx,
      landingUrl: `https://${creative.brand}.example/${creative.category}`,
      imageUrl: `https://${creative.brand}.example/${creative.id}.png`,
      features: creativeFeatures(creative),
    })),
    placements: market.placements.map((placement) => ({
      id: placement.id,
      widthPx: placement.widthPx,
      heightPx: placement.heightPx,
      features: placementFeatures(placement),
    })),
    experiments: [UPLIFT],
  };
}

/** What the site sends with a request. */
export const visitorFeatures = ({ features }: Visitor): Features => ({ ...features, interests: [...features.interests] });

/** What the Worker makes of it: the placement's features, the request's, then the time's. */
export function contextFeatures(visitor: Visitor, placement: Placement, timeMs: number): Features {
  const time = new Date(timeMs);
  const derived = { hour: time.getUTCHours(), weekday: time.getUTCDay() };
  return { ...placementFeatures(placement), ...visitorFeatures(visitor), ...derived };
}

export const candidateFeatures = (creative: Creative): Features => ({
  ...creativeFeatures(creative),
  creativeId: creative.id,
  campaignId: creative.campaignId,
});

const placementFeatures = ({ position }: Placement): Features => ({ position });

function creativeFeatures({ category, format, brand, titleWords }: Creative): Features {
  return { category, format, brand, ...(titleWords.length > 0 && { title: titleWords.join(" ") }) };
}

// The market as a catalog snapshot and as the features that the model sees: exactly what the Worker serves and assembles.
import { CATALOG_VERSION, Catalog, type CatalogDocument } from "../../shared/catalog/catalog.ts";
import type { Experiment } from "../../shared/catalog/experiment.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
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

/** The tier of every flight. */
export const STANDARD_TIER = "standard";

/** What every flight pays for a click: equal bids leave the order to the probability. */
const PRICE = { model: "cpc", bidMicros: 200_000 } as const;

/**
 * A campaign has one flight, without an end; brands are the advertisers.
 *
 * @example const catalog = catalogFor(createMarket(1), { name: "greedy" });
 */
export function catalogFor(market: Market, policy: Policy): Catalog {
  const brands = new Map(market.creatives.map(({ campaignId, brand }) => [campaignId, brand]));
  const document: CatalogDocument = {
    formatVersion: CATALOG_VERSION,
    task: adClick.name,
    policy,
    auction: { pricing: "first-price" },
    tiers: [{ id: STANDARD_TIER, selection: "auction" }],
    sites: [],
    advertisers: [...new Set(brands.values())].map((brand) => ({ id: brand, status: "active", domain: `${brand}.example` })),
    campaigns: [...brands].map(([id, advertiserId]) => ({ id, advertiserId, status: "active" })),
    flights: [...brands.keys()].map((campaignId) => {
      const always = { status: "active", tierId: STANDARD_TIER, startMs: null, endMs: null, price: PRICE } as const;
      return { id: flightIdOf(campaignId), campaignId, ...always };
    }),
    creatives: market.creatives.map(toCatalogCreative),
    placements: market.placements.map(({ widthPx, heightPx, ...placement }) => {
      return { id: placement.id, sizes: [{ widthPx, heightPx }], features: placementFeatures(placement) };
    }),
    experiments: [UPLIFT],
  };
  return parse(Catalog, document, "catalog");
}

const flightIdOf = (campaignId: string) => `${campaignId}-always`;

function toCatalogCreative(creative: Creative): CatalogDocument["creatives"][number] {
  const { id, campaignId, brand, category, widthPx, heightPx } = creative;
  return {
    id,
    flightId: flightIdOf(campaignId),
    status: "active",
    content: { kind: "image", widthPx, heightPx, imageUrl: `https://${brand}.example/${id}.png` },
    landingUrl: `https://${brand}.example/${category}`,
    features: creativeFeatures(creative),
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
  flightId: flightIdOf(creative.campaignId),
  campaignId: creative.campaignId,
  advertiserId: creative.brand,
});

const placementFeatures = ({ position }: Pick<Placement, "position">): Features => ({ position });

function creativeFeatures({ category, format, brand, titleWords }: Creative): Features {
  return { category, format, brand, ...(titleWords.length > 0 && { title: titleWords.join(" ") }) };
}

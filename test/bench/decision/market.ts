// The catalogs of the benchmark: 1,000 campaigns with a flight and a creative each, prices of all models, budgets for most, caps for some.
import type { Catalog } from "../../../shared/catalog/catalog.ts";
import { drawCatalog, LARGE_CATALOG } from "./catalog.ts";

export interface MarketOptions {
  readonly campaignCount: number;
  readonly caps: boolean;
  readonly budgets: boolean;
}

export const CONVERSION_TASK = "conversion";
export const PLACEMENTS = ["placement0", "placement1", "placement2"] as const;

/** Sponsors, who come before any auction, bought the first placement alone: the others' slots are auctioned. */
export function drawMarket({ campaignCount, caps, budgets }: MarketOptions): Catalog {
  const catalog = drawCatalog({
    ...LARGE_CATALOG,
    campaignCount,
    flightsPerCampaign: 1,
    targetedShare: 1,
    cappedShare: caps ? 0.3 : 0,
    budgetShare: budgets ? 0.8 : 0,
  });
  const flights = catalog.flights.map((flight) => {
    const { tierId, targeting } = flight;
    return tierId === "sponsors" ? { ...flight, targeting: { ...targeting, placements: { anyOf: [PLACEMENTS[0]] } } } : flight;
  });
  return { ...catalog, conversionTask: CONVERSION_TASK, flights };
}

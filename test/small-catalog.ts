// A catalog with one advertiser, one campaign and one open flight, "flight": the frame that tests hang creatives and placements in.
import { CATALOG_VERSION, Catalog, type CatalogDocument } from "../shared/catalog/catalog.ts";
import { parse } from "../shared/schemas/coded-error.ts";

export const SIZE = { widthPx: 300, heightPx: 250 };

export const FLIGHT = {
  id: "flight",
  campaignId: "campaign",
  status: "active",
  tierId: "standard",
  startMs: null,
  endMs: null,
  price: { model: "cpc", bidMicros: 1_000_000 },
} as const;

/** An image of `SIZE` in the flight. */
export const creativeOf = (id: string, changes: Partial<CatalogDocument["creatives"][number]> = {}) => ({
  id,
  flightId: "flight",
  status: "active" as const,
  content: { kind: "image" as const, ...SIZE },
  landingUrl: `https://shop.example/${id}`,
  ...changes,
});

/** @example smallCatalog({ creatives: [creativeOf("shoes")], placements: [{ id: "top", sizes: [SIZE] }] }); */
export function smallCatalog(changes: Partial<CatalogDocument>): Catalog {
  const document: CatalogDocument = {
    formatVersion: CATALOG_VERSION,
    task: "ad-click",
    policy: { name: "greedy" },
    auction: { pricing: "first-price" },
    tiers: [{ id: "standard", selection: "auction" }],
    sites: [],
    advertisers: [{ id: "advertiser", status: "active", domain: "shop.example" }],
    campaigns: [{ id: "campaign", advertiserId: "advertiser", status: "active" }],
    flights: [FLIGHT],
    creatives: [],
    placements: [],
    experiments: [],
    ...changes,
  };
  return parse(Catalog, document, "catalog");
}

// A small catalog of format 2 with one entity of each kind, as it is stored: with all standard values.
import { Catalog } from "../../../shared/catalog/catalog.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";

const status = "active";

/** @param landingUrl of its one creative */
export function exampleCatalog(landingUrl = "https://shop.example/?d={decisionId}"): Catalog {
  return parse(Catalog, {
    formatVersion: 2,
    task: "ad-click",
    policy: { name: "greedy" },
    auction: { pricing: "second-price" },
    tiers: [{ id: "standard", selection: "auction" }],
    sites: [{ id: "news", domain: "news.example" }],
    advertisers: [{ id: "shoemaker", status, domain: "shop.example" }],
    campaigns: [{ id: "spring", advertiserId: "shoemaker", status, timeZone: "Europe/Berlin" }],
    flights: [
      {
        id: "week",
        campaignId: "spring",
        status,
        tierId: "standard",
        startMs: null,
        endMs: null,
        price: { model: "cpc", bidMicros: 500_000 },
      },
    ],
    creatives: [
      {
        id: "shoe",
        flightId: "week",
        status,
        content: { kind: "html", widthPx: 300, heightPx: 250, html: '<a href="{clickUrl}">Shoes</a>' },
        landingUrl,
      },
    ],
    placements: [{ id: "top", siteId: "news", sizes: [{ widthPx: 300, heightPx: 250 }] }],
    experiments: [],
  });
}

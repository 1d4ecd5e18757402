// The catalog's index: what a decision looks nothing up twice in.
import { describe, expect, it } from "vitest";
import { indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { creativeOf, FLIGHT } from "../../small-catalog.ts";
import { CATALOG } from "../decision/example-market.ts";

describe("an indexed catalog", () => {
  it("gives each creative whose it is, and the features that the model sees", () => {
    const { candidates, placements, channels } = indexCatalog(CATALOG);
    const [[creative], [flight], [campaign], [advertiser]] = [
      CATALOG.creatives,
      CATALOG.flights,
      CATALOG.campaigns,
      CATALOG.advertisers,
    ];
    expect(candidates[0]).toMatchObject({
      creativeId: "c0",
      content: { kind: "image", widthPx: 300 },
      features: { creativeId: "c0", flightId: "flight", campaignId: "campaign", advertiserId: "advertiser" },
      supply: { creative, flight, campaign, advertiser, tierRank: 0, price: flight?.price },
    });
    expect(placements.get("banner")?.sizes[0]?.widthPx).toBe(728);
    expect(channels).toEqual(["stable"]);
  });

  it("lists creatives by tier, and inside a tier as the catalog does", () => {
    const tiers = [
      { id: "sponsors", selection: "weighted" },
      { id: "standard", selection: "auction" },
    ];
    const flights = [FLIGHT, { ...FLIGHT, id: "first", tierId: "sponsors" }];
    const creatives = [creativeOf("b"), creativeOf("a"), creativeOf("z", { flightId: "first" })];
    const { candidates } = indexCatalog({ ...CATALOG, tiers, flights, creatives });
    expect(candidates.map(({ creativeId, supply }) => [creativeId, supply?.tierRank])).toEqual([
      ["z", 0],
      ["b", 1],
      ["a", 1],
    ]);
  });

  it("knows every channel that an arm serves from", () => {
    const arms = [
      { id: "a", weight: 1 },
      { id: "b", weight: 1, channel: "canary" },
    ];
    const experiment = { id: "e", status: "active", hashVersion: 1, seed: "s", coverage: 1, arms };
    expect(indexCatalog({ ...CATALOG, experiments: [experiment] }).channels).toEqual(["stable", "canary"]);
  });
});

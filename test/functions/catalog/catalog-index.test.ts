// The catalog's index, and what a contradictory catalog is refused with.
import { describe, expect, it } from "vitest";
import { indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { CATALOG } from "../decision/example-market.ts";

const [campaign] = CATALOG.campaigns;
const [creative] = CATALOG.creatives;

describe("an indexed catalog", () => {
  it("gives each creative its campaign and the features that the model sees", () => {
    const { candidates, placements, channels } = indexCatalog(CATALOG);
    expect(candidates[0]).toMatchObject({
      creativeId: "c0",
      features: { creativeId: "c0", campaignId: "campaign" },
      supply: { campaign, creative },
    });
    expect(placements.get("banner")?.widthPx).toBe(728);
    expect(channels).toEqual(["stable"]);
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

describe("a catalog is refused", () => {
  it.each([
    ["catalog_version_unknown", "formatVersion", { formatVersion: 2 }],
    ["invalid_type", "catalog.creatives", { creatives: 7 }],
    ["id_duplicate", "catalog.creatives[1].id", { creatives: [creative, creative] }],
    ["id_duplicate", "catalog.campaigns[1].id", { campaigns: [campaign, campaign] }],
    ["id_duplicate", "catalog.placements[2].id", { placements: [...CATALOG.placements, CATALOG.placements[0]] }],
    ["campaign_unknown", "catalog.creatives[0].campaignId", { campaigns: [] }],
  ])("with %s at %s", (code, path, changes) => {
    expect(() => indexCatalog({ ...CATALOG, ...changes })).toThrow(expect.objectContaining({ code, path }));
  });
});

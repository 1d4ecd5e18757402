// What a contradictory catalog is refused with: one table, for the edge, the command line and the admin API.
import { describe, expect, it } from "vitest";
import { parseCatalog } from "../../../shared/catalog/check-catalog.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";

const CATALOG = smallCatalog({ creatives: [creativeOf("shoes")], placements: [{ id: "top", sizes: [SIZE] }] });
const [creative] = CATALOG.creatives;
const [campaign] = CATALOG.campaigns;
const [placement] = CATALOG.placements;
const dayPart = { weekdays: [1], fromMinute: 1320, toMinute: 360 };

describe("a catalog", () => {
  it("passes unchanged, also where what has a standard value is left out", () => {
    expect(parseCatalog(CATALOG)).toEqual(CATALOG);
    expect(parseCatalog({ ...CATALOG, creatives: [creativeOf("shoes")] })).toEqual(CATALOG);
  });

  it.each([
    ["catalog_version_unknown", "formatVersion", { formatVersion: 3 }],
    ["invalid_type", "catalog.creatives", { creatives: 7 }],
    ["id_duplicate", "catalog.creatives[1].id", { creatives: [creative, creative] }],
    ["id_duplicate", "catalog.campaigns[1].id", { campaigns: [campaign, campaign] }],
    ["id_duplicate", "catalog.placements[1].id", { placements: [placement, placement] }],
    ["id_duplicate", "catalog.tiers[1].id", { tiers: [CATALOG.tiers[0], CATALOG.tiers[0]] }],
    ["advertiser_unknown", "catalog.campaigns[0].advertiserId", { advertisers: [] }],
    ["campaign_unknown", "catalog.flights[0].campaignId", { campaigns: [] }],
    ["tier_unknown", "catalog.flights[0].tierId", { tiers: [{ id: "other", selection: "auction" }] }],
    ["flight_unknown", "catalog.creatives[0].flightId", { flights: [] }],
    ["site_unknown", "catalog.placements[0].siteId", { placements: [{ ...placement, siteId: "nowhere" }] }],
    ["time_zone_unknown", "catalog.campaigns[0].timeZone", { campaigns: [{ ...campaign, timeZone: "Europe/Atlantis" }] }],
    ["flight_empty", "catalog.flights[0].endMs", { flights: [{ ...FLIGHT, startMs: 5, endMs: 5 }] }],
    ["day_part_empty", "catalog.flights[0].dayParts[0].toMinute", { flights: [{ ...FLIGHT, dayParts: [dayPart] }] }],
  ])("is refused with %s at %s", (code, path, changes) => {
    expect(() => parseCatalog({ ...CATALOG, ...changes })).toThrow(expect.objectContaining({ code, path }));
  });

  it("is told all that is wrong with it at once", () => {
    const wrong = { ...CATALOG, advertisers: [], creatives: [creative, creative], flights: [] };
    const codes = ["id_duplicate", "advertiser_unknown", "flight_unknown", "flight_unknown"];
    expect(() => parseCatalog(wrong)).toThrow(
      expect.objectContaining({ problems: codes.map((code) => expect.objectContaining({ code })) }),
    );
  });
});

// The catalog's first format, read as the second.
import { describe, expect, it } from "vitest";
import { parseCatalog } from "../../../shared/catalog/check-catalog.ts";

const size = { widthPx: 300, heightPx: 250 };
const span = (startMs: number | null, endMs: number | null) => ({ id: `from-${startMs}`, startMs, endMs });
const creative = {
  id: "shoes",
  campaignId: "autumn",
  status: "paused",
  ...size,
  landingUrl: "https://shop.example/shoes",
  imageUrl: "https://shop.example/shoes.png",
  features: { brand: "acorn" },
};
const catalogOf = (...flights: unknown[]) => ({
  formatVersion: 1,
  task: "ad-click",
  policy: { name: "epsilon-greedy", epsilon: 0.1 },
  campaigns: [{ id: "autumn", status: "active", flights }],
  creatives: [creative],
  placements: [{ id: "top", ...size, features: { position: 1 } }],
  experiments: [],
});

describe("a catalog of format 1", () => {
  it("keeps what it says, with equal bids so that the probability still decides", () => {
    expect(parseCatalog(catalogOf(span(5, 9)))).toMatchObject({
      formatVersion: 2,
      policy: { name: "epsilon-greedy", epsilon: 0.1 },
      auction: { pricing: "first-price", qualityExponent: 1 },
      tiers: [{ id: "standard", selection: "auction" }],
      campaigns: [{ id: "autumn", advertiserId: "default", status: "active", budget: null }],
      flights: [{ campaignId: "autumn", startMs: 5, endMs: 9, price: { model: "cpc", bidMicros: 1_000_000 } }],
      creatives: [
        { id: "shoes", flightId: "autumn", status: "paused", content: { kind: "image", ...size }, features: { brand: "acorn" } },
      ],
      placements: [{ id: "top", siteId: null, sizes: [size], features: { position: 1 } }],
    });
  });

  it.each([
    ["that follow each other", [span(5, 7), span(7, 9)], { startMs: 5, endMs: 9 }],
    ["that overlap, in any order", [span(6, 9), span(5, 8)], { startMs: 5, endMs: 9 }],
    ["that are open", [span(null, 6), span(6, null)], { startMs: null, endMs: null }],
    ["of which one never was", [span(5, 9), span(20, 20)], { startMs: 5, endMs: 9 }],
    ["none of which ever was", [span(9, 5)], { startMs: 0, endMs: 1 }],
  ])("joins flights %s", (_, flights, expected) => {
    expect(parseCatalog(catalogOf(...flights)).flights).toMatchObject([expected]);
  });

  it("is refused where a campaign pauses between flights, or where it is none of format 1", () => {
    const refusal = (document: unknown) => () => parseCatalog(document);
    const at = (code: string, path: string) => expect.objectContaining({ code, path });
    expect(refusal(catalogOf(span(1, 2), span(3, 4)))).toThrow(at("flights_disjoint", "catalog.campaigns[0].flights"));
    expect(refusal({ ...catalogOf(span(1, 2)), auction: {} })).toThrow(at("unrecognized_keys", "catalog.auction"));
    expect(refusal({ ...catalogOf(span(1, 2)), campaigns: [] })).toThrow(at("flight_unknown", "catalog.creatives[0].flightId"));
  });
});

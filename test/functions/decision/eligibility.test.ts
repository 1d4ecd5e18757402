// Who may be shown: the whole table of reasons.
import { describe, expect, it } from "vitest";
import { type Candidate, indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { findDropReason, separateEligible } from "../../../functions/decision/eligibility.ts";
import type { CatalogDocument } from "../../../shared/catalog/catalog.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";

type Changed<Part extends "flights" | "creatives"> = Partial<CatalogDocument[Part][number]>;

const placement = smallCatalog({ placements: [{ id: "top", sizes: [SIZE], kinds: ["image", "native"] }] }).placements[0]!;
const image = (widthPx: number, heightPx: number) => ({ content: { kind: "image" as const, widthPx, heightPx } });

function candidate(flight: Changed<"flights">, creative: Changed<"creatives"> = {}, paused: string[] = []): Candidate {
  const status = (part: string) => (paused.includes(part) ? "paused" : "active");
  const catalog = smallCatalog({
    advertisers: [{ id: "advertiser", domain: null, status: status("advertiser") }],
    campaigns: [{ id: "campaign", advertiserId: "advertiser", status: status("campaign") }],
    flights: [{ ...FLIGHT, ...flight, status: status("flight") }],
    creatives: [creativeOf("c", { ...creative, status: status("creative") })],
  });
  return indexCatalog(catalog).candidates[0]!;
}

describe("a candidate at 100 ms", () => {
  it.each<[string | null, string, Candidate]>([
    [null, "an open flight", candidate({})],
    ["advertiser_paused", "all paused", candidate({}, {}, ["advertiser", "campaign", "flight", "creative"])],
    ["campaign_paused", "a paused campaign", candidate({}, {}, ["campaign", "flight", "creative"])],
    ["flight_paused", "a paused flight", candidate({}, {}, ["flight", "creative"])],
    ["creative_paused", "a paused creative", candidate({}, image(1, 250), ["creative"])],
    ["size_mismatch", "another width", candidate({}, image(301, 250))],
    ["size_mismatch", "another height", candidate({}, image(300, 251))],
    ["kind_mismatch", "another kind", candidate({}, { content: { kind: "html", ...SIZE, html: "<p>" } })],
    [null, "a native, which has no size", candidate({}, { content: { kind: "native", title: "Shoes" } })],
    [null, "a flight that starts now", candidate({ startMs: 100, endMs: 200 })],
    ["flight_not_started", "a flight that starts next", candidate({ startMs: 101, endMs: 200 }, image(1, 1))],
    ["flight_ended", "a flight that ends now", candidate({ startMs: 0, endMs: 100 })],
    [null, "a flight that ends next", candidate({ startMs: 0, endMs: 101 })],
  ])("%s: %s", (reason, _, some) => {
    expect(findDropReason(some, placement, 100)).toBe(reason);
  });

  it("fits anywhere where the placement is not known, or where the request brought it", () => {
    expect(findDropReason(candidate({}, image(1, 1)), null, 100)).toBeNull();
    expect(findDropReason({ ...candidate({}, image(1, 1)), supply: null }, placement, 100)).toBeNull();
  });

  it("is either eligible or dropped, never both and never neither", () => {
    const all = [candidate({}), candidate({}, {}, ["campaign"])];
    const { eligible, counts } = separateEligible(all, placement, 100);
    expect(eligible).toEqual([all[0]]);
    expect(counts).toEqual(new Map([["campaign_paused", 1]]));
  });
});

// Who may be shown: the whole table of reasons.
import { describe, expect, it } from "vitest";
import type { Candidate } from "../../../functions/catalog/catalog-index.ts";
import { findDropReason, separateEligible } from "../../../functions/decision/eligibility.ts";
import type { Campaign, Creative, Placement } from "../../../shared/schemas/catalog.ts";

const placement: Placement = { id: "top", widthPx: 300, heightPx: 250, features: {} };
const flight = (startMs: number | null, endMs: number | null) => ({ id: `f${startMs}`, startMs, endMs });

function candidate(campaign: Partial<Campaign>, creative: Partial<Creative> = {}): Candidate {
  const landingUrl = "https://shop.example";
  return {
    creativeId: "c",
    landingUrl,
    imageUrl: undefined,
    features: {},
    supply: {
      campaign: { id: "x", status: "active", flights: [flight(null, null)], ...campaign },
      creative: {
        id: "c",
        campaignId: "x",
        status: "active",
        widthPx: 300,
        heightPx: 250,
        landingUrl,
        features: {},
        ...creative,
      },
    },
  };
}

describe("a candidate at 100 ms", () => {
  it.each<[string | null, string, Candidate]>([
    [null, "an open flight", candidate({})],
    ["campaign_paused", "a paused campaign", candidate({ status: "paused" }, { status: "paused" })],
    ["creative_paused", "a paused creative", candidate({}, { status: "paused", widthPx: 1 })],
    ["size_mismatch", "another width", candidate({ flights: [flight(200, null)] }, { widthPx: 301 })],
    ["size_mismatch", "another height", candidate({}, { heightPx: 251 })],
    [null, "a flight that starts now", candidate({ flights: [flight(100, 200)] })],
    ["flight_not_started", "a flight that starts next", candidate({ flights: [flight(101, 200)] })],
    ["flight_ended", "a flight that ends now", candidate({ flights: [flight(0, 100)] })],
    [null, "a flight that ends next", candidate({ flights: [flight(0, 101)] })],
    [null, "the second of two flights", candidate({ flights: [flight(0, 50), flight(90, 110)] })],
    ["flight_not_started", "a gap between flights", candidate({ flights: [flight(0, 50), flight(150, 200)] })],
    ["flight_ended", "two past flights", candidate({ flights: [flight(0, 50), flight(60, 70)] })],
  ])("%s: %s", (reason, _, some) => {
    expect(findDropReason(some, placement, 100)).toBe(reason);
  });

  it("fits anywhere where the placement has no size, or where the request brought it", () => {
    expect(findDropReason(candidate({}, { widthPx: 1 }), null, 100)).toBeNull();
    expect(findDropReason({ ...candidate({}), supply: null }, placement, 100)).toBeNull();
  });

  it("is either eligible or dropped, never both and never neither", () => {
    const all = [candidate({}), candidate({ status: "paused" })];
    const { eligible, dropped } = separateEligible(all, placement, 100);
    expect(eligible).toEqual([all[0]]);
    expect(dropped).toEqual([{ creativeId: "c", reason: "campaign_paused" }]);
  });
});

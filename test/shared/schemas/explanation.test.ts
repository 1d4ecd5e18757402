// The explanation on the wire: what a client may rely on.
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Explanation } from "../../../shared/schemas/explanation.ts";

const SHOWN = {
  ...{ creativeId: "shoes", tierIndex: 0, rank: 1, propensity: 0.95, minimumToWinMicros: 1_000_001 },
  price: { model: "cpm", micros: 1_000_001 },
  score: { logit: -4.5, baseline: -4, parts: [{ field: "country", part: -0.51 }], rounding: 0.01 },
};
const LOSER = {
  ...{ creativeId: "bikes", rank: 2, valueMicros: 1_000_000, probability: null, bidToOutrankMicros: 480_001 },
  ...{ propensities: [0.05], openrtb: 102 },
};
const TIER = { tierId: "auction", policy: { name: "greedy" }, candidates: [LOSER], candidateCount: 2 };
const WHOLE = {
  placementId: "top",
  considered: 3,
  stages: [{ stage: "placement", survivors: 2, dropped: [{ reason: "size_mismatch", openrtb: 203, count: 1 }] }],
  dropped: [{ creativeId: "skyscraper", reason: "size_mismatch", openrtb: 203 }],
  tiers: [TIER],
  slots: [SHOWN],
  assignments: [],
  seed: 7,
};

describe("an explanation on the wire", () => {
  it("is taken whole", () => {
    expect(parse(Explanation, WHOLE)).toEqual(WHOLE);
  });

  it.each([
    ["a reason of no list", { dropped: [{ creativeId: "a", reason: "bad_luck", openrtb: null }] }],
    ["a stage of no list", { stages: [{ stage: "luck", survivors: 1, dropped: [] }] }],
    ["more drops than are listed", { dropped: Array.from({ length: 201 }, () => WHOLE.dropped[0]) }],
    ["more candidates than are listed", { tiers: [{ ...TIER, candidates: Array.from({ length: 51 }, () => LOSER) }] }],
    ["a propensity above 1", { tiers: [{ ...TIER, candidates: [{ ...LOSER, propensities: [1.5] }] }] }],
    ["money that is no integer", { slots: [{ ...SHOWN, price: { model: "cpm", micros: 0.5 } }] }],
    ["a field that it does not know", { why: "because" }],
  ])("refuses %s", (_, change) => {
    expect(() => parse(Explanation, { ...WHOLE, ...change })).toThrow();
  });
});

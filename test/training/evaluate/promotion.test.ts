// The promotion gate.
import { expect, it } from "vitest";
import { baseRateLogloss, decidePromotion } from "../../../training/evaluate/promotion.ts";

it.each([
  ["a better challenger", 0.29, 0.3, { promote: true, reason: "no_worse_than_champion" }],
  ["an equal challenger", 0.3, 0.3, { promote: true, reason: "no_worse_than_champion" }],
  ["a worse challenger", 0.31, 0.3, { promote: false, reason: "worse_than_champion" }],
  ["a challenger that is no number", Number.NaN, 0.3, { promote: false, reason: "worse_than_champion" }],
  ["a first model that has learned something", 0.29, null, { promote: true, reason: "better_than_base_rate" }],
  ["a first model that has learned nothing", 0.35, null, { promote: false, reason: "worse_than_base_rate" }],
])("decides about %s", (_, challengerLogloss, championLogloss, promotion) => {
  expect(decidePromotion({ challengerLogloss, championLogloss, baseRateLogloss: 0.35 })).toEqual(promotion);
});

it("takes the entropy of the label for the base rate's logloss", () => {
  expect(baseRateLogloss({ examples: 4, positives: 2 })).toBeCloseTo(Math.LN2, 15);
  expect(baseRateLogloss({ examples: 10, positives: 1 })).toBeCloseTo(0.325082973391448, 15);
});

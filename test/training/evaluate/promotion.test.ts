// The promotion gate.
import { expect, it } from "vitest";
import type { Metrics } from "../../../shared/artifact/manifest.ts";
import { baseRateLogloss, decidePromotion } from "../../../training/evaluate/promotion.ts";

const metrics = (logloss: number): Metrics => ({ auc: 0.7, prAuc: 0.3, logloss, ece: 0.01, examples: 100 });

it.each<[string, number, number | null, boolean, string]>([
  ["a better challenger", 0.29, 0.3, true, "no_worse_than_champion"],
  ["an equal challenger", 0.3, 0.3, true, "no_worse_than_champion"],
  ["a worse challenger", 0.31, 0.3, false, "worse_than_champion"],
  ["a challenger that is no number", Number.NaN, 0.3, false, "worse_than_champion"],
  ["a first model that has learned something", 0.29, null, true, "better_than_base_rate"],
  ["a first model that has learned nothing", 0.35, null, false, "worse_than_base_rate"],
])("decides about %s", (_, challenger, champion, publish, reason) => {
  const comparison = { challenger: metrics(challenger), champion: champion === null ? null : metrics(champion) };
  expect(decidePromotion({ ...comparison, championSawExamples: false, baseRateLogloss: 0.35 })).toMatchObject({
    publish,
    reason,
  });
});

it("takes the entropy of the label for the base rate's logloss", () => {
  expect(baseRateLogloss({ examples: 4, positives: 2 })).toBeCloseTo(Math.LN2, 15);
  expect(baseRateLogloss({ examples: 10, positives: 1 })).toBeCloseTo(0.325082973391448, 15);
});

// Percentiles by nearest rank.
import { expect, it } from "vitest";
import { percentile } from "../../../training/traffic/tally.ts";

it.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2],
  [Array.from({ length: 100 }, (_, index) => 100 - index), 0.99, 99],
  [Array.from({ length: 1000 }, (_, index) => index + 1), 0.95, 950],
  [[10, 9], 0.99, 10],
  [[5], 0, 5],
])("of %j at %d is %d", (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

it("of nothing is nothing", () => {
  expect(percentile([], 0.5)).toBeNull();
});

// What repeated measurements are summed up as.
import { describe, expect, it } from "vitest";
import { median, percentile, spread } from "./median.ts";

describe("median", () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])("of %j is %d", (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it("leaves its argument in order", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it("refuses to sum up nothing", () => {
    expect(() => median([])).toThrow("nothing");
  });
});

describe("spread", () => {
  it("is the range in medians", () => {
    expect(spread([2, 4, 3])).toBeCloseTo(2 / 3);
  });
});

describe("percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it.each([
    [hundred, 0.5, 50],
    [hundred, 0.99, 99],
    [hundred, 1, 100],
    [[7], 0.99, 7],
    [[1, 2, 3], 0.99, 3],
    [[1, 2, 3], 0, 1],
  ])("of %j at %d is %d", (sorted, share, expected) => {
    expect(percentile(sorted, share)).toBe(expected);
  });

  it("refuses to sum up nothing", () => {
    expect(() => percentile([], 0.5)).toThrow("nothing");
  });
});

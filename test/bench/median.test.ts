// What repeated measurements are summed up as.
import { describe, expect, it } from "vitest";
import { median, spread } from "./median.ts";

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

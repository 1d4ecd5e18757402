// Calibrated probabilities: the exponential written out is as good as the engine's, and stays finite at the ends.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Calibration, calibrate, IDENTITY, piecesOf } from "../../../shared/scoring/calibration.ts";
import { roundHalfToEven } from "../../../shared/scoring/elementary.ts";

describe("calibrate", () => {
  it("is the sigmoid of slope * logit + intercept, to the last bits", () => {
    const number = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(number, fc.double({ min: 0.01, max: 10, noNaN: true }), number, (logit, slope, intercept) => {
        const expected = 1 / (1 + Math.exp(-(slope * logit + intercept)));
        expect(Math.abs(calibrate(logit, { slope, intercept }) - expected)).toBeLessThanOrEqual(1e-15 * expected);
      }),
    );
  });

  it("is above 0 and at most 1 however far the logit, and NaN for NaN", () => {
    for (const logit of [-Infinity, -1e300, -701, 701, 1e300, Infinity]) {
      expect(calibrate(logit, IDENTITY)).toBeGreaterThan(0);
      expect(calibrate(logit, IDENTITY)).toBeLessThanOrEqual(1);
    }
    expect(calibrate(0, IDENTITY)).toBe(0.5);
    expect(calibrate(Number.NaN, IDENTITY)).toBeNaN();
  });
});

describe("a curve", () => {
  const curve = { logits: [-1, 0, 2], values: [-3, 0, 1] };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  it("goes straight from point to point, and on beyond the outer ones", () => {
    for (const [logit, value] of [
      [-2, -6],
      [-1, -3],
      [-0.5, -1.5],
      [0, 0],
      [1, 0.5],
      [2, 1],
      [4, 2],
    ] as const)
      expect(calibrate(logit, curve)).toBeCloseTo(sigmoid(value), 14);
    expect(calibrate(Number.NaN, curve)).toBeNaN();
  });

  it("is a line where it has two points", () => {
    expect(piecesOf({ logits: [0, 2], values: [1, 5] })).toEqual(piecesOf({ slope: 2, intercept: 1 }));
  });

  it.each([
    ["logits that do not rise", { logits: [0, 0, 1], values: [0, 1, 2] }],
    ["values that fall", { logits: [0, 1, 2], values: [0, 2, 1] }],
    ["both falling", { logits: [1, 0], values: [1, 0] }],
    ["fewer values than logits", { logits: [0, 1, 2], values: [0, 1] }],
    ["a cliff", { logits: [0, 5e-324], values: [0, 1] }],
    ["one point", { logits: [0], values: [0] }],
  ])("with %s is refused", (_, bad) => {
    expect(() => parse(Calibration, bad)).toThrow();
  });
});

describe("roundHalfToEven", () => {
  it.each([
    [-2.5, -2],
    [-1.5, -2],
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [2.4999, 2],
  ])("%f -> %i", (x, rounded) => expect(roundHalfToEven(x)).toBe(rounded));
});

// Calibrated probabilities: the exponential written out is as good as the engine's, and stays finite at the ends.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrate, IDENTITY, roundHalfToEven } from "../../../shared/scoring/calibration.ts";

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

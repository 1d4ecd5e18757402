// Exponential, logarithm and power: near those of Math, and the same bits in every engine.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText } from "../../../shared/features/hash.ts";
import { exponential, logarithm, power } from "../../../shared/scoring/elementary.ts";

const unit = fc.double({ min: 1e-300, max: 1, noNaN: true });

describe("the exponential", () => {
  it("is within 4 units in the last place of Math's", () => {
    fc.assert(
      fc.property(fc.double({ min: -690, max: 690, noNaN: true }), (x) => {
        expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(4 * Number.EPSILON);
      }),
    );
  });

  it("stops at e^700", () => {
    expect(exponential(1e9)).toBe(exponential(700));
    expect(exponential(Number.NEGATIVE_INFINITY)).toBe(exponential(-700));
  });
});

describe("the logarithm", () => {
  it("is within 4 units in the last place of Math's, near 1 too", () => {
    const near1 = fc.double({ min: 0.99, max: 1.01, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(unit, near1, fc.double({ min: 1, max: 1e300, noNaN: true })), (x) => {
        expect(Math.abs(logarithm(x) - Math.log(x))).toBeLessThanOrEqual(4 * Number.EPSILON * Math.abs(Math.log(x)));
      }),
      { numRuns: 1000 },
    );
    expect(logarithm(1)).toBe(0);
    expect(logarithm(2)).toBe(Math.LN2);
  });
});

describe("a power", () => {
  it("of a probability is near Math's, for every quality exponent", () => {
    fc.assert(
      fc.property(unit, fc.double({ min: 0, max: 2, noNaN: true }), (base, exponent) => {
        fc.pre(base ** exponent > 1e-300);
        expect(Math.abs(power(base, exponent) / base ** exponent - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [0.3, 0, 1],
    [0.3, 1, 0.3],
    [0.25, 0.5, 0.5],
    [0.3, 2, 0.3 * 0.3],
    [0, 0, 1],
    [0, 0.7, 0],
    [1, 0.7, 1],
    [5e-324, 1.5, 0],
  ])("%d ^ %d is %d", (base, exponent, expected) => {
    expect(power(base, exponent)).toBe(expected);
  });
});

it("all three give the same bits in every engine", () => {
  const text = Array.from({ length: 2000 }, (_, index) => {
    const x = (index + 1) / 2001;
    return [exponential(40 * x - 20), logarithm(x), power(x, 2 * x)].join();
  }).join();
  expect(hashText(text)).toBe(2811230870);
});

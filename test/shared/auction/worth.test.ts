// What a bid is worth, and what an impression costs.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { costImpression, scoreBid, valueBid } from "../../../shared/auction/worth.ts";
import { MAX_BID_MICROS, Price } from "../../../shared/catalog/demand.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";

const model = fc.constantFrom<Price["model"]>("cpm", "cpc", "cpa");
const bid = fc.oneof(fc.integer({ min: 0, max: MAX_BID_MICROS }), fc.integer({ min: 0, max: 1000 }));
const probability = fc.double({ min: 0, max: 1, noNaN: true });

describe("a bid's worth", () => {
  it.each<[Price["model"], number, number, number]>([
    ["cpm", 2_500_000, 1, 2_500_000],
    ["cpc", 500_000, 0.01, 5_000_000],
    ["cpa", 20_000_000, 0.0005, 10_000_000],
    ["cpc", 1, 0.0005, 1], // half a micro is rounded up
    ["cpc", 1, 0.0004, 0],
    ["cpc", MAX_BID_MICROS, 1, 1_000_000_000_000_000],
  ])("%s of %d at %d: 1,000 impressions are worth %d", (kind, bidMicros, likely, expected) => {
    expect(valueBid(kind, bidMicros, likely)).toBe(expected);
  });

  it("is whole micros and within one of the exact product, which is taken in whole numbers", () => {
    fc.assert(
      fc.property(model, bid, fc.integer({ min: 0, max: 2 ** 32 }), (kind, bidMicros, share) => {
        const likely = kind === "cpm" ? 1 : share / 2 ** 32;
        const value = valueBid(kind, bidMicros, likely);
        const exact = kind === "cpm" ? BigInt(bidMicros) << 32n : BigInt(bidMicros) * 1000n * BigInt(share);
        const off = (BigInt(value) << 32n) - exact;
        expect(Number.isSafeInteger(value)).toBe(true);
        expect(off < 1n << 32n && off > -(1n << 32n)).toBe(true);
      }),
    );
  });

  it("never falls where the bid rises: the order that prices are searched in", () => {
    fc.assert(
      fc.property(model, bid, probability, (kind, bidMicros, quality) => {
        expect(scoreBid(kind, bidMicros + 1, quality)).toBeGreaterThanOrEqual(scoreBid(kind, bidMicros, quality));
        expect(valueBid(kind, bidMicros + 1, quality)).toBeGreaterThanOrEqual(valueBid(kind, bidMicros, quality));
      }),
    );
  });
});

describe("an impression's cost", () => {
  it("at $1,000 CPM is a dollar, so that a dollar buys one and two buy two", () => {
    expect(costImpression("cpm", 1_000_000_000, 1)).toBe(1_000_000);
  });

  it("is the thousandth of a CPM, rounded up in whole numbers", () => {
    fc.assert(
      fc.property(bid, (priceMicros) => {
        expect(BigInt(costImpression("cpm", priceMicros, 1))).toBe((BigInt(priceMicros) + 999n) / 1000n);
      }),
    );
  });

  it("of a click or a conversion is what it is expected to be, never more than the price", () => {
    fc.assert(
      fc.property(bid, probability, (priceMicros, likely) => {
        const cost = costImpression("cpc", priceMicros, likely);
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(cost).toBeGreaterThanOrEqual(priceMicros * likely);
        expect(cost).toBeLessThanOrEqual(priceMicros);
      }),
    );
  });
});

it("a bid is at most a million of the currency, so that every product above is exact", () => {
  expect(parse(Price, { model: "cpc", bidMicros: MAX_BID_MICROS })).toEqual({ model: "cpc", bidMicros: MAX_BID_MICROS });
  expect(() => parse(Price, { model: "cpc", bidMicros: MAX_BID_MICROS + 1 })).toThrow(
    expect.objectContaining({ code: "too_big" }),
  );
});

// The market is the same for the same seed, its probabilities are probabilities, and it is worth choosing in it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clickProbability,
  conversionProbability,
  createMarket,
  eligibleCreatives,
  visitorAt,
} from "../../../training/simulate/market.ts";
import { visits } from "../../../training/simulate/visits.ts";
import vector from "../../vectors/simulated-market.json" with { type: "json" };

const market = createMarket(1);
const crowd = { market, crowd: 1, visitorCount: 3000, firstMs: Date.UTC(2026, 0, 5), days: 7, policy: "random" } as const;

describe("a market from a seed", () => {
  it("is the one of the golden vector", () => {
    const found = vector.visits.map(({ index, timeMs }) => {
      const visitor = visitorAt(market, 1, index);
      const placement = market.placements[index % 4]!;
      const click = eligibleCreatives(market, placement).map((ad) => clickProbability(market, visitor, placement, ad, timeMs));
      return { index, timeMs, visitor: { subjectId: visitor.subjectId, ...visitor.features }, click };
    });
    expect({ clickBase: market.clickBase, visits: found }).toEqual(vector);
  });

  it("is made anew the same, and another seed is another market", () => {
    expect(createMarket(1)).toEqual(market);
    expect(createMarket(2).effects).not.toEqual(market.effects);
  });

  it.each([1, 2, 3, 4, 5])("seed %i: random earns 4 to 6 %, and the best choice at least twice that", (seed) => {
    let [random, best, placements] = [0, 0, 0];
    for (const { choices } of visits({ ...crowd, market: createMarket(seed) })) {
      for (const { probabilities } of choices) {
        random += probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length;
        best += Math.max(...probabilities);
        placements++;
      }
    }
    expect(random / placements).toBeGreaterThan(0.04);
    expect(random / placements).toBeLessThan(0.06);
    expect(best / random).toBeGreaterThan(2);
  });
});

it("every probability lies strictly between 0 and 1", () => {
  const anyCase = [fc.nat(50), fc.integer(), fc.nat(), fc.integer({ min: 0, max: 4e12 }), fc.nat(3), fc.nat(11)] as const;
  const markets = new Map<number, ReturnType<typeof createMarket>>();
  fc.assert(
    fc.property(...anyCase, (seed, group, index, timeMs, at, which) => {
      const some = markets.get(seed % 3) ?? createMarket(seed % 3);
      markets.set(seed % 3, some);
      const visitor = visitorAt(some, group, index);
      const placement = some.placements[at]!;
      const creative = eligibleCreatives(some, placement)[which]!;
      const click = clickProbability(some, visitor, placement, creative, timeMs);
      const conversion = conversionProbability(some, visitor, placement, creative);
      return click > 0 && click < 1 && conversion > 0 && conversion < 1;
    }),
  );
});

describe("visits", () => {
  it("come in time order, within their days, most in the evening", () => {
    const times = [...visits(crowd)].map(({ timeMs }) => timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(crowd.firstMs);
    expect(times.at(-1)).toBeLessThan(crowd.firstMs + 7 * 86_400_000);
    const between = (from: number, to: number) =>
      times.filter((time) => new Date(time).getUTCHours() >= from && new Date(time).getUTCHours() < to).length;
    expect(between(18, 22)).toBeGreaterThan(3 * between(2, 6));
  });

  it("click as often as the truth says", () => {
    let [expected, variance, clicks] = [0, 0, 0];
    for (const { choices } of visits(crowd)) {
      for (const { chosenProbability: p, outcome } of choices) {
        if (!outcome.rendered) continue;
        expected += p;
        variance += p * (1 - p);
        clicks += Number(outcome.clicked);
      }
    }
    expect(Math.abs(clicks - expected)).toBeLessThan(4 * Math.sqrt(variance));
  });

  it("no two crowds share a visitor", () => {
    const first = [...visits({ ...crowd, visitorCount: 200 })].map(({ visitor }) => JSON.stringify(visitor.hiddenTaste));
    const second = [...visits({ ...crowd, crowd: 2, visitorCount: 200 })].map(({ visitor }) =>
      JSON.stringify(visitor.hiddenTaste),
    );
    expect(new Set([...first, ...second]).size).toBe(400);
  });
});

// The order of the candidates, and who does not take part.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bidder, rankCandidates, scoreDraws } from "../../../functions/decision/ranking.ts";
import { auctions } from "./random-auction.ts";
import { bidder } from "./run-auction.ts";

const rules = { qualityExponent: 1, floorMicros: 0 };
const brought = (creativeId: string): Bidder => ({ creativeId, supply: null });

describe("a ranking", () => {
  it("puts every kind of bid on the scale of 1,000 impressions", () => {
    const candidates = [bidder("m", "cpm", 2_000_000), bidder("c", "cpc", 400_000), bidder("a", "cpa", 30_000_000)];
    const { ranked } = rankCandidates(candidates, { clicks: [0.5, 0.01, 0.5], conversions: [0.5, 0.5, 0.0001] }, rules);
    expect(
      ranked.map(({ candidate, index, probability, valueMicros, rankScore }) => [
        candidate.creativeId,
        index,
        probability,
        valueMicros,
        rankScore,
      ]),
    ).toEqual([
      ["c", 1, 0.01, 4_000_000, 4_000_000],
      ["a", 2, 0.0001, 3_000_000, 3_000_000],
      ["m", 0, 1, 2_000_000, 2_000_000],
    ]);
  });

  it("takes quality as the exponent says, and leaves the value as it is", () => {
    const candidates = [bidder("x", "cpc", 1_000_000), bidder("y", "cpc", 600_000)];
    const clicks = [0.04, 0.09];
    const rank = (qualityExponent: number) =>
      rankCandidates(candidates, { clicks, conversions: null }, { ...rules, qualityExponent }).ranked;
    expect(rank(1).map(({ candidate }) => candidate.creativeId)).toEqual(["y", "x"]);
    expect(rank(0).map(({ candidate }) => candidate.creativeId)).toEqual(["x", "y"]);
    const [best] = rank(0.5);
    expect(best).toMatchObject({ index: 0, valueMicros: 40_000_000 });
    expect(best?.rankScore).toBeCloseTo(1e9 * 0.2, 3);
  });

  it("does not depend on the order in which candidates come", () => {
    fc.assert(
      fc.property(auctions, fc.infiniteStream(fc.nat()), ({ candidates, probabilities, ...input }, keys) => {
        const order = candidates.map((_, index) => ({ index, key: keys.next().value })).sort((a, b) => a.key - b.key);
        const pick = (numbers: ArrayLike<number> | null) => numbers && order.map(({ index }) => numbers[index]!);
        const shuffled = rankCandidates(
          order.map(({ index }) => candidates[index]!),
          { clicks: pick(probabilities.clicks), conversions: pick(probabilities.conversions) },
          input,
        );
        const once = rankCandidates(candidates, probabilities, input);
        expect(shuffled.ranked.map(({ index: _, ...one }) => one)).toEqual(once.ranked.map(({ index: _, ...one }) => one));
      }),
    );
  });

  it("is best first, equal ones by code units of their ids, and loses nobody", () => {
    fc.assert(
      fc.property(auctions, (input) => {
        const { ranked, dropped } = rankCandidates(input.candidates, input.probabilities, input);
        ranked.slice(1).forEach((one, index) => {
          const before = ranked[index]!;
          const inOrder =
            before.rankScore! > one.rankScore! ||
            (before.rankScore === one.rankScore && before.candidate.creativeId < one.candidate.creativeId);
          expect(inOrder).toBe(true);
        });
        const indices = [...ranked, ...dropped].map(({ index }) => index).sort((a, b) => a - b);
        expect(indices).toEqual(input.candidates.map((_, index) => index));
        for (const { valueMicros } of ranked) expect(Number.isSafeInteger(valueMicros)).toBe(true);
      }),
    );
  });

  it("loses no micro of the largest bids", () => {
    const candidates = [
      bidder("a", "cpc", 999_999_999_999),
      bidder("b", "cpc", 1_000_000_000_000),
      bidder("c", "cpm", 999_999_999_999),
    ];
    const { ranked } = rankCandidates(candidates, { clicks: [1, 1, 1], conversions: null }, rules);
    expect(ranked.map(({ valueMicros }) => valueMicros)).toEqual([1_000_000_000_000_000, 999_999_999_999_000, 999_999_999_999]);
  });
});

describe("a candidate is dropped", () => {
  const candidates = [bidder("m", "cpm", 1_000_000), bidder("c", "cpc", 100_000), bidder("a", "cpa", 9_000_000)];

  it("with probability_missing where nothing says how likely its payment is; cpm needs no model", () => {
    const { ranked, dropped } = rankCandidates(candidates, { clicks: null, conversions: null }, rules);
    expect(ranked.map(({ candidate }) => candidate.creativeId)).toEqual(["m"]);
    expect(dropped.map(({ creativeId, reason }) => [creativeId, reason])).toEqual([
      ["c", "probability_missing"],
      ["a", "probability_missing"],
    ]);
  });

  it("with below_floor where 1,000 impressions are worth a micro less than the floor", () => {
    const probabilities = { clicks: [0, 0.01, 0], conversions: [0, 0, 0.001] };
    const at = (floorMicros: number) => rankCandidates(candidates, probabilities, { ...rules, floorMicros });
    expect(at(1_000_000).dropped).toEqual([]);
    expect(at(1_000_001).dropped.map(({ creativeId, reason, valueMicros }) => [creativeId, reason, valueMicros])).toEqual([
      ["m", "below_floor", 1_000_000],
      ["c", "below_floor", 1_000_000],
    ]);
  });
});

describe("creatives that the request brought", () => {
  it("are ranked by probability alone, whatever floor and exponent are", () => {
    const { ranked, dropped } = rankCandidates(
      [brought("a"), brought("b"), brought("c")],
      { clicks: [0.1, 0.3, 0.1], conversions: null },
      { qualityExponent: 0, floorMicros: 9 },
    );
    expect(ranked.map(({ candidate, rankScore, valueMicros }) => [candidate.creativeId, rankScore, valueMicros])).toEqual([
      ["b", 0.3, null],
      ["a", 0.1, null],
      ["c", 0.1, null],
    ]);
    expect(dropped).toEqual([]);
  });

  it("are in the order of their ids without a model", () => {
    const { ranked } = rankCandidates([brought("b"), brought("B"), brought("a")], { clicks: null, conversions: null }, rules);
    expect(ranked.map(({ candidate, rankScore }) => [candidate.creativeId, rankScore])).toEqual([
      ["B", null],
      ["a", null],
      ["b", null],
    ]);
  });
});

describe("scores under posterior draws", () => {
  it("are laid out draw by draw in rank order, and are those of a ranking under that draw's probabilities", () => {
    const candidates = [bidder("m", "cpm", 3_000_000), bidder("c", "cpc", 400_000), bidder("a", "cpa", 30_000_000)];
    const { ranked } = rankCandidates(candidates, { clicks: [0, 0.01, 0], conversions: [0, 0, 0.00005] }, rules); // c, m, a
    const draws = { drawCount: 2, candidateCount: 3, clicks: [0, 0.02, 0, 0, 0.005, 0], conversions: null };
    expect([...scoreDraws(ranked, draws, 1)]).toEqual([8_000_000, 3_000_000, 1_500_000, 2_000_000, 3_000_000, 1_500_000]);
    const both = { ...draws, conversions: [0, 0, 0.001, 0, 0, 0] };
    expect([...scoreDraws(ranked, both, 1)]).toEqual([8_000_000, 3_000_000, 30_000_000, 2_000_000, 3_000_000, 0]);
  });
});

// What holds for every price: whole micros, never above the bid nor below the floor, and exactly at the edge of the rank.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundCost } from "../../../functions/catalog/limits.ts";
import { findBidToOutrank, priceLot, priceWinner } from "../../../functions/decision/pricing.ts";
import { type Bidder, type Ranked, rankCandidates } from "../../../functions/decision/ranking.ts";
import { valueBid } from "../../../shared/auction/worth.ts";
import { MAX_BID_MICROS } from "../../../shared/catalog/demand.ts";
import { auctions } from "./random-auction.ts";
import { type AuctionInput, bidder, runAuction } from "./run-auction.ts";

const priceOf = ({ candidate }: { readonly candidate: Bidder }) => candidate.supply!.price;
const idsOf = (ranked: readonly Ranked[]) => ranked.map(({ candidate }) => candidate.creativeId);

/** The ranking where `creativeId` had bid something else. */
function rankWithBid(input: AuctionInput, creativeId: string, bidMicros: number): string[] {
  const candidates = input.candidates.map((one) =>
    one.creativeId === creativeId ? bidder(creativeId, one.supply!.price.model, bidMicros) : one,
  );
  return idsOf(rankCandidates(candidates, input.probabilities, input).ranked);
}

/** Where the winner stands among those that could have been drawn for its slot. */
function positionAmong(ids: readonly string[], creativeId: string, alreadyShown: readonly string[]): number {
  return ids.filter((id) => !alreadyShown.includes(id)).indexOf(creativeId);
}

const everySlot = (check: (input: AuctionInput, won: ReturnType<typeof runAuction>, slot: number) => void, numRuns = 500) =>
  fc.assert(
    fc.property(auctions, (input) => {
      const won = runAuction(input);
      for (const slot of won.keys()) check(input, won, slot);
    }),
    { numRuns },
  );

describe("a price", () => {
  it("is whole micros, never above the bid, never below what the floor asks", () => {
    everySlot((input, won, slot) => {
      const { winner, charge } = won[slot]!;
      const { model, bidMicros } = priceOf(winner);
      for (const micros of Object.values(charge!)) expect(Number.isSafeInteger(micros)).toBe(true);
      expect(charge!.priceMicros).toBeGreaterThanOrEqual(0);
      expect(charge!.priceMicros).toBeLessThanOrEqual(bidMicros);
      expect(charge!.minimumToWinMicros).toBeLessThanOrEqual(bidMicros);
      expect(valueBid(model, charge!.priceMicros, winner.probability!)).toBeGreaterThanOrEqual(input.floorMicros);
    });
  });

  it("is the bid at first price, the minimum to win at second price, so that second price never earns more", () => {
    everySlot(({ pricing, floorMicros }, won, slot) => {
      const { winner, next, charge } = won[slot]!;
      expect(charge!.priceMicros).toBe(pricing === "first-price" ? priceOf(winner).bidMicros : charge!.minimumToWinMicros);
      const [first, second] = [
        priceWinner(winner, next, { pricing: "first-price", floorMicros }),
        priceWinner(winner, next, { pricing: "second-price", floorMicros }),
      ];
      expect(second!.priceMicros).toBeLessThanOrEqual(first!.priceMicros);
      expect(second!.impressionMicros).toBeLessThanOrEqual(first!.impressionMicros);
    });
  });

  it("rises with the bid behind it and with the floor", () => {
    everySlot((input, won, slot) => {
      const { winner, next, charge } = won[slot]!;
      const alone = priceWinner(winner, null, input)!;
      expect(alone.minimumToWinMicros!).toBeLessThanOrEqual(charge!.minimumToWinMicros!);
      if (next?.rankScore) {
        const weaker = { ...next, rankScore: next.rankScore / 2 };
        expect(priceWinner(winner, weaker, input)!.minimumToWinMicros!).toBeLessThanOrEqual(charge!.minimumToWinMicros!);
      }
      const free = priceWinner(winner, next, { ...input, floorMicros: 0 })!;
      expect(free.minimumToWinMicros!).toBeLessThanOrEqual(charge!.minimumToWinMicros!);
    });
  });
});

describe("the minimum to win", () => {
  it("keeps the rank, and so does every bid from there to the one that was made", () => {
    everySlot((input, won, slot) => {
      const { winner, charge, draw } = won[slot]!;
      const { creativeId } = winner.candidate;
      const shown = idsOf(won.slice(0, slot).map((one) => one.winner));
      const { bidMicros } = priceOf(winner);
      const least = charge!.minimumToWinMicros!;
      for (const bid of [least, Math.floor((least + bidMicros) / 2), bidMicros]) {
        expect(positionAmong(rankWithBid(input, creativeId, bid), creativeId, shown)).toBe(draw.position);
      }
    });
  });

  it("is exact: a micro less loses the rank or falls below the floor", () => {
    everySlot((input, won, slot) => {
      const { winner, charge, draw } = won[slot]!;
      const { creativeId } = winner.candidate;
      if (charge!.minimumToWinMicros === 0) return;
      const shown = idsOf(won.slice(0, slot).map((one) => one.winner));
      const position = positionAmong(rankWithBid(input, creativeId, charge!.minimumToWinMicros! - 1), creativeId, shown);
      expect(position === -1 || position > draw.position).toBe(true);
    });
  });

  it("of a winner that a policy explored is that of its own rank, not of the first", () => {
    const probabilities = { clicks: null, conversions: null };
    const candidates = [bidder("a", "cpm", 9_000_000), bidder("b", "cpm", 5_000_000), bidder("c", "cpm", 2_000_000)];
    const [won] = runAuction({
      candidates,
      probabilities,
      policy: { name: "random" },
      slotCount: 1,
      pricing: "second-price",
      floorMicros: 0,
      qualityExponent: 1,
      uniformAt: () => 0.5,
    });
    expect(won?.winner.candidate.creativeId).toBe("b");
    expect(won?.charge).toEqual({ priceMicros: 2_000_000, minimumToWinMicros: 2_000_000, impressionMicros: 2000 });
  });
});

describe("the bid to outrank", () => {
  it("comes before the winner, and a micro less does not", () => {
    fc.assert(
      fc.property(auctions, (input) => {
        const { ranked } = rankCandidates(input.candidates, input.probabilities, input);
        const [best, ...others] = ranked;
        for (const loser of others) {
          const { creativeId } = loser.candidate;
          const bid = findBidToOutrank(loser, best!, input.floorMicros);
          if (bid === null) {
            expect(rankWithBid(input, creativeId, MAX_BID_MICROS)[0]).not.toBe(creativeId);
          } else {
            expect(rankWithBid(input, creativeId, bid)[0]).toBe(creativeId);
            expect(bid).toBeGreaterThan(priceOf(loser).bidMicros);
            expect(rankWithBid(input, creativeId, bid - 1)[0]).not.toBe(creativeId);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("an impression's cost", () => {
  it.each([
    [bidder("a", "cpm", 1_000_000_000), 1, 1_000_000],
    [bidder("a", "cpm", 1), 1, 1],
    [bidder("a", "cpm", 1001), 1, 2],
    [bidder("a", "cpm", 0), 1, 0],
    [bidder("a", "cpc", 500_000), 0.01, 5000],
    [bidder("a", "cpc", 3), 0.01, 1],
    [bidder("a", "cpa", 1_000_000_000_000), 1, 1_000_000_000_000],
  ])("%j at a probability of %d is bounded by %d", (candidate, probability, micros) => {
    expect(priceLot({ candidate, probability })?.impressionMicros ?? 0).toBe(micros);
  });

  it("is never above the bound that the budget was asked for", () => {
    everySlot((_, won, slot) => {
      const { winner, charge } = won[slot]!;
      expect(charge!.impressionMicros).toBeLessThanOrEqual(boundCost(priceOf(winner)));
    });
  });
});

describe("what is not auctioned", () => {
  it("a lot pays its bid, and no bid would have changed it", () => {
    const lot = { candidate: bidder("a", "cpc", 250_000), probability: 0.02 };
    expect(priceLot(lot)).toEqual({ priceMicros: 250_000, minimumToWinMicros: null, impressionMicros: 5000 });
  });

  it("a creative that the request brought costs nothing", () => {
    const candidates = [
      { creativeId: "mine", supply: null },
      { creativeId: "other", supply: null },
    ];
    const { ranked } = rankCandidates(
      candidates,
      { clicks: [0.1, 0.2], conversions: null },
      { qualityExponent: 1, floorMicros: 5 },
    );
    const [best, second] = ranked;
    expect(priceWinner(best!, second!, { pricing: "second-price", floorMicros: 5 })).toBeNull();
    expect(priceLot(best!)).toBeNull();
    expect(findBidToOutrank(second!, best!, 5)).toBeNull();
  });
});

// Worked examples of OpenRTB 2.6 and of the literature on position auctions, in the numbers that were published.
import { describe, expect, it } from "vitest";
import { findBidToOutrank } from "../../../functions/decision/pricing.ts";
import { rankCandidates } from "../../../functions/decision/ranking.ts";
import { DROP_REASONS } from "../../../shared/catalog/reasons.ts";
import { type AuctionInput, bidder, runAuction } from "./run-auction.ts";

const dollars = (amount: number) => Math.round(amount * 1_000_000);

const auction: Omit<AuctionInput, "candidates"> = {
  probabilities: { clicks: null, conversions: null },
  policy: { name: "greedy" },
  slotCount: 1,
  pricing: "second-price",
  floorMicros: 0,
  qualityExponent: 1,
  uniformAt: () => 0.5,
};

/**
 * OpenRTB 2.6, section 4.4.1, "Notes on the macro ${AUCTION_MIN_TO_WIN}": a floor of $0.85, bids of $1.00, $0.90 and $0.80. The macro is "the
 * minimum price required to tie with the next-closest bid, or the floor if there was only one bid" for the winner, and "to tie with the winning
 * bid" for who lost to another. Section 4.4: ${AUCTION_PRICE} is the "clearing price using the same currency and units as the bid".
 * Our ties go to the first id: a bidder whose id comes later needs a micro more than the tie.
 */
describe("OpenRTB 2.6, section 4.4.1", () => {
  const example = {
    ...auction,
    floorMicros: dollars(0.85),
    candidates: [bidder("a", "cpm", dollars(1)), bidder("b", "cpm", dollars(0.9)), bidder("c", "cpm", dollars(0.8))],
  };
  const { ranked, dropped } = rankCandidates(example.candidates, example.probabilities, example);

  it("first price (at = 1): the winner pays $1.00, and $0.90 would have won", () => {
    const [won] = runAuction({ ...example, pricing: "first-price" });
    expect(won?.winner.candidate.creativeId).toBe("a");
    expect(won?.charge).toEqual({ priceMicros: dollars(1), minimumToWinMicros: dollars(0.9), impressionMicros: 1000 });
  });

  it("second price (at = 2): the winner pays the second-best price, whatever is put on top of it for the illustration", () => {
    const [won] = runAuction(example);
    expect(won?.charge).toEqual({ priceMicros: dollars(0.9), minimumToWinMicros: dollars(0.9), impressionMicros: 900 });
  });

  it("second price plus: where the tie would go to the other, the price is the second-best plus a micro", () => {
    const candidates = [bidder("z", "cpm", dollars(1)), ...example.candidates.slice(1)];
    expect(runAuction({ ...example, candidates })[0]?.charge?.priceMicros).toBe(dollars(0.9) + 1);
  });

  it("the $0.90 would have had to tie with the winning $1.00, and a micro more to win, for its id is the later one", () => {
    expect(findBidToOutrank(ranked[1]!, ranked[0]!, example.floorMicros)).toBe(dollars(1) + 1);
    const earlier = rankCandidates(
      [bidder("a", "cpm", dollars(0.9)), bidder("b", "cpm", dollars(1))],
      example.probabilities,
      example,
    );
    expect(findBidToOutrank(earlier.ranked[1]!, earlier.ranked[0]!, example.floorMicros)).toBe(dollars(1));
  });

  it("the $0.80 is below the auction floor: loss reason 100", () => {
    expect(dropped).toEqual([{ creativeId: "c", index: 2, reason: "below_floor", valueMicros: dollars(0.8) }]);
    expect(DROP_REASONS.below_floor.openrtb).toBe(100);
  });

  it("the floor is the price, and the minimum to win, if there was only one bid", () => {
    const [won] = runAuction({ ...example, candidates: example.candidates.slice(0, 1) });
    expect(won?.charge).toEqual({ priceMicros: dollars(0.85), minimumToWinMicros: dollars(0.85), impressionMicros: 850 });
  });
});

/**
 * Edelman, Ostrovsky and Schwarz, "Internet Advertising and the Generalized Second-Price Auction: Selling Billions of Dollars Worth of
 * Keywords", American Economic Review 97(1), 2007, pages 242-259: the running example, and the one to Remark 3. A slot's clicks are the
 * same for every advertiser, so that all have the same quality.
 */
describe("Edelman, Ostrovsky and Schwarz (2007)", () => {
  const bid = (first: number) => ({
    ...auction,
    slotCount: 2,
    candidates: [bidder("a", "cpc", dollars(first)), bidder("b", "cpc", dollars(4)), bidder("c", "cpc", dollars(2))],
    probabilities: { clicks: [0.25, 0.25, 0.25], conversions: null },
  });

  it("bids of $10, $4 and $2 for two slots pay $4 and $2 a click; slots of 200 and 100 clicks an hour earn $800 and $200", () => {
    const won = runAuction(bid(10));
    expect(won.map(({ winner }) => winner.candidate.creativeId)).toEqual(["a", "b"]);
    const prices = won.map(({ charge }) => charge!.priceMicros);
    expect(prices).toEqual([dollars(4), dollars(2)]);
    expect([200, 100].map((clicks, slot) => clicks * prices[slot]!)).toEqual([dollars(800), dollars(200)]);
  });

  it("telling the truth is not dominant: with slots of 200 and 199 clicks the first gains $1,200, and $1,592 where it bids $3", () => {
    const gain = (first: number) => {
      const won = runAuction(bid(first));
      const slot = won.findIndex(({ winner }) => winner.candidate.creativeId === "a");
      return [200, 199][slot]! * (dollars(10) - won[slot]!.charge!.priceMicros);
    };
    expect([gain(10), gain(3)]).toEqual([dollars(1200), dollars(1592)]);
  });
});

/**
 * Varian, "Position auctions", International Journal of Industrial Organization 25(6), 2007, pages 1163-1178: with qualities, whoever is in
 * slot s pays the least with which it keeps it, e_s p_s = e_(s+1) b_(s+1). The same is Aggarwal, Goel and Motwani's next-price auction with
 * weights ("Truthful auctions for pricing search keywords", 2006). The numbers are ours.
 */
describe("Varian (2007): prices with qualities", () => {
  it("the lower bid of the higher quality wins, and each pays the next one's score divided by its own quality", () => {
    const won = runAuction({
      ...auction,
      slotCount: 3,
      candidates: [bidder("a", "cpc", dollars(3)), bidder("b", "cpc", dollars(2)), bidder("c", "cpc", dollars(1))],
      probabilities: { clicks: [0.0625, 0.125, 0.03125], conversions: null },
    });
    expect(won.map(({ winner }) => winner.candidate.creativeId)).toEqual(["b", "a", "c"]); // scores 0.25, 0.1875, 0.03125
    const prices = won.map(({ charge }) => charge!.priceMicros);
    expect(prices[0]).toBe(dollars(1.5) + 1); // 0.1875 / 0.125, and the tie would go to a
    expect(prices[1]).toBe(dollars(0.5)); // 0.03125 / 0.0625
    expect(prices[2]).toBe(0); // nobody is behind, and there is no floor
  });
});

/**
 * Lahaie and Pennock, "Revenue analysis of a family of ranking rules for keyword auctions", EC 2007, pages 50-56: bids are ranked by
 * e^s b, and pay per click w_(next) b_(next) / w with w = e^s. s = 1 is ranking by revenue, s = 0 by bid. The numbers are ours.
 */
describe("Lahaie and Pennock (2007): squashing", () => {
  const squash = (qualityExponent: number) =>
    runAuction({
      ...auction,
      slotCount: 2,
      qualityExponent,
      candidates: [bidder("a", "cpc", dollars(4)), bidder("b", "cpc", dollars(3)), bidder("c", "cpc", dollars(1))],
      probabilities: { clicks: [0.0625, 0.25, 0.0625], conversions: null },
    }).map(({ winner, charge }) => [winner.candidate.creativeId, charge!.priceMicros]);

  it("s = 1: by revenue; b's quality of 4 times a's wins, and it pays a quarter of a's bid", () => {
    expect(squash(1)).toEqual([
      ["b", dollars(1) + 1],
      ["a", dollars(1)],
    ]);
  });

  it("s = 1/2: b's advantage is squashed to twice; it pays half of a's bid", () => {
    expect(squash(0.5)).toEqual([
      ["b", dollars(2) + 1],
      ["a", dollars(1)],
    ]);
  });

  it("s = 0: by bid; a wins and pays b's", () => {
    expect(squash(0)).toEqual([
      ["a", dollars(3)],
      ["b", dollars(1)],
    ]);
  });
});

// What a winner pays. First price: its bid. Second price: the least with which it would have kept its rank, which over several slots is
// the generalised second price (Edelman, Ostrovsky and Schwarz, 2007).
import { costImpression, scoreBid, valueBid } from "../../shared/auction/worth.ts";
import type { Auction } from "../../shared/catalog/catalog.ts";
import { MAX_BID_MICROS } from "../../shared/catalog/demand.ts";
import type { Ranked } from "./ranking.ts";

/** Amounts are in the bid's own unit: micros for 1,000 impressions, a click or a conversion. */
export interface Charge {
  readonly priceMicros: number;
  /** The least bid that would have had the same rank; null for a lot, where the bid decides nothing. */
  readonly minimumToWinMicros: number | null;
  /** What the impression takes of the budget: paid for `cpm`, held for the others. */
  readonly impressionMicros: number;
}

export interface PricingRules {
  readonly pricing: Auction["pricing"];
  readonly floorMicros: number;
}

/** What is known of a candidate before it is ranked. */
export type Priced = Pick<Ranked, "candidate" | "probability">;

/**
 * Null for a winner without a price. `next` is the one behind the winner among those that could have been drawn for its slot: not shown
 * in the placement yet. Where a policy explored, the winner need not be the first: it pays for the rank it has.
 */
export function priceWinner(winner: Ranked, next: Ranked | null, { pricing, floorMicros }: PricingRules): Charge | null {
  const price = winner.candidate.supply?.price;
  if (!price || winner.probability === null) return null;
  const minimumToWinMicros = findLeast(price.bidMicros, (bidMicros) => ranksAbove(winner, bidMicros, next, floorMicros));
  const priceMicros = pricing === "first-price" ? price.bidMicros : minimumToWinMicros;
  return { priceMicros, minimumToWinMicros, impressionMicros: costImpression(price.model, priceMicros, winner.probability) };
}

/** A weighted tier's winner pays its bid; null without a price. */
export function priceLot({ candidate, probability }: Priced): Charge | null {
  const price = candidate.supply?.price;
  if (!price || probability === null) return null;
  const impressionMicros = costImpression(price.model, price.bidMicros, probability);
  return { priceMicros: price.bidMicros, minimumToWinMicros: null, impressionMicros };
}

/** What no model scored pays its bid, and holds all of it: nobody knows how likely the click is. */
export function priceUnscored({ candidate }: Pick<Ranked, "candidate">): Charge | null {
  const price = candidate.supply?.price;
  if (!price) return null;
  return {
    priceMicros: price.bidMicros,
    minimumToWinMicros: null,
    impressionMicros: costImpression(price.model, price.bidMicros, 1),
  };
}

/** The least bid with which `loser` would have been ranked before `winner`; null where no bid would, or it has no price. */
export function findBidToOutrank(loser: Ranked, winner: Ranked, floorMicros: number): number | null {
  if (!loser.candidate.supply || loser.probability === null) return null;
  const outranks = (bidMicros: number) => ranksAbove(loser, bidMicros, winner, floorMicros);
  return outranks(MAX_BID_MICROS) ? findLeast(MAX_BID_MICROS, outranks) : null;
}

/** Whether `one`, with another bid, would pass the floor and come before `rival`. The same rounded numbers are compared as in the ranking. */
function ranksAbove(
  { candidate, probability, quality }: Ranked,
  bidMicros: number,
  rival: Ranked | null,
  floorMicros: number,
): boolean {
  const model = candidate.supply?.price.model;
  if (!model || probability === null || quality === null) throw new Error("only what has a price is priced");
  if (valueBid(model, bidMicros, probability) < floorMicros) return false;
  if (!rival || rival.rankScore === null) return true;
  const score = scoreBid(model, bidMicros, quality);
  return score > rival.rankScore || (score === rival.rankScore && candidate.creativeId < rival.candidate.creativeId);
}

/** The least integer in 0 .. `most` that holds, where all above it do, and `most` does. */
function findLeast(most: number, holds: (value: number) => boolean): number {
  let [below, least] = [-1, most];
  while (least - below > 1) {
    const middle = Math.floor((below + least) / 2);
    if (holds(middle)) least = middle;
    else below = middle;
  }
  return least;
}

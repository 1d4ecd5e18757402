// What a winner pays. First price: its bid. Second price: the least with which it would have kept its rank, which over several slots is
// the generalised second price (Edelman, Ostrovsky and Schwarz, 2007).
import { costImpression, scoreBid, valueBid } from "../../shared/auction/worth.ts";
import type { Auction } from "../../shared/catalog/catalog.ts";
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

/**
 * Null for a winner without a price. `next` is the one behind the winner among those that could have been drawn for its slot: not shown
 * in the placement yet. Where a policy explored, the winner need not be the first: it pays for the rank it has.
 */
export function priceWinner(winner: Ranked, next: Ranked | null, { pricing, floorMicros }: PricingRules): Charge | null {
  const price = winner.candidate.supply?.flight.price;
  if (!price || winner.probability === null) return null;
  const minimumToWinMicros = findLeast(price.bidMicros, (bidMicros) => keepsRank(winner, next, bidMicros, floorMicros));
  const priceMicros = pricing === "first-price" ? price.bidMicros : minimumToWinMicros;
  return { priceMicros, minimumToWinMicros, impressionMicros: costImpression(price.model, priceMicros, winner.probability) };
}

/** A weighted tier's winner pays its bid. `probability` as in `Ranked`; null for a winner without a price. */
export function priceLot({ candidate, probability }: Pick<Ranked, "candidate" | "probability">): Charge | null {
  const price = candidate.supply?.flight.price;
  if (!price || probability === null) return null;
  const impressionMicros = costImpression(price.model, price.bidMicros, probability);
  return { priceMicros: price.bidMicros, minimumToWinMicros: null, impressionMicros };
}

/** What no model scored pays its bid, and holds all of it: nobody knows how likely the click is. */
export function priceUnscored({ candidate }: Pick<Ranked, "candidate">): Charge | null {
  const price = candidate.supply?.flight.price;
  if (!price) return null;
  return {
    priceMicros: price.bidMicros,
    minimumToWinMicros: null,
    impressionMicros: costImpression(price.model, price.bidMicros, 1),
  };
}

function keepsRank(winner: Ranked, next: Ranked | null, bidMicros: number, floorMicros: number): boolean {
  const model = winner.candidate.supply?.flight.price.model;
  const { probability, quality } = winner;
  if (!model || probability === null || quality === null) throw new Error("only what has a price is priced");
  if (valueBid(model, bidMicros, probability) < floorMicros) return false;
  const score = scoreBid(model, bidMicros, quality);
  const rival = next?.rankScore ?? -1;
  return score > rival || (score === rival && next !== null && winner.candidate.creativeId < next.candidate.creativeId);
}

/** The least integer in 0 .. `bidMicros` that holds, where all above it do: exact, because the same rounded numbers are compared that ranked. */
function findLeast(bidMicros: number, holds: (bidMicros: number) => boolean): number {
  let [below, least] = [-1, bidMicros];
  while (least - below > 1) {
    const middle = Math.floor((below + least) / 2);
    if (holds(middle)) least = middle;
    else below = middle;
  }
  return least;
}

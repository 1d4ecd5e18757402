// The whole auction of a placement in plain loops, each rule as it is written down: what the stages together must equal.
import type { Bidder } from "../../../functions/decision/ranking.ts";
import { probabilityOf } from "../../shared/policies/textbook.ts";
import type { AuctionInput } from "./run-auction.ts";

export interface ReferenceWin {
  readonly creativeId: string;
  readonly propensity: number;
  readonly priceMicros: number;
  readonly minimumToWinMicros: number;
  readonly impressionMicros: number;
}

const priceOf = (one: Bidder) => one.supply!.price;

function likelihood({ candidates, probabilities }: AuctionInput, one: Bidder): number | null {
  const index = candidates.findIndex(({ creativeId }) => creativeId === one.creativeId);
  if (priceOf(one).model === "cpm") return 1;
  const of = priceOf(one).model === "cpc" ? probabilities.clicks : probabilities.conversions;
  return of ? of[index]! : null;
}

function quality(probability: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (exponent === 0.5) return Math.sqrt(probability);
  return exponent === 2 ? probability * probability : probability;
}

/** Its score with that bid; null where it does not take part. */
function scoreWith(input: AuctionInput, one: Bidder, bidMicros: number): number | null {
  const probability = likelihood(input, one);
  if (probability === null) return null;
  const thousand = priceOf(one).model === "cpm" ? bidMicros : bidMicros * 1000;
  if (Math.round(thousand * probability) < input.floorMicros) return null;
  return thousand * quality(probability, input.qualityExponent);
}

/** How many of `others` come before it with that bid; null where it does not take part. */
function rankWith(input: AuctionInput, one: Bidder, bidMicros: number, others: readonly Bidder[]): number | null {
  const score = scoreWith(input, one, bidMicros);
  if (score === null) return null;
  let before = 0;
  for (const other of others) {
    if (other.creativeId === one.creativeId) continue;
    const theirs = scoreWith(input, other, priceOf(other).bidMicros)!;
    if (theirs > score || (theirs === score && other.creativeId < one.creativeId)) before++;
  }
  return before;
}

/** Every bid from 0 up is tried; so bids must be small. */
function leastBid(input: AuctionInput, one: Bidder, others: readonly Bidder[]): number {
  const rank = rankWith(input, one, priceOf(one).bidMicros, others);
  for (let bidMicros = 0; ; bidMicros++) if (rankWith(input, one, bidMicros, others) === rank) return bidMicros;
}

export function runReferenceAuction(input: AuctionInput): ReferenceWin[] {
  const taking = input.candidates.filter((one) => scoreWith(input, one, priceOf(one).bidMicros) !== null);
  const byRank = taking.map((_, rank) => taking.find((one) => rankWith(input, one, priceOf(one).bidMicros, taking) === rank)!);
  const values = byRank.map((one) => scoreWith(input, one, priceOf(one).bidMicros));
  const wins: ReferenceWin[] = [];
  let left = byRank.map((_, rank) => rank);
  while (wins.length < input.slotCount && left.length > 0) {
    const probabilities = left.map((arm) => probabilityOf(arm, left, input.policy, { values, newcomers: null, draws: null }));
    let at = 0;
    for (let sum = probabilities[0]!; at < left.length - 1 && input.uniformAt(wins.length) >= sum; ) sum += probabilities[++at]!;
    const winner = byRank[left[at]!]!;
    wins.push({
      creativeId: winner.creativeId,
      propensity: probabilities[at]!,
      ...charge(
        input,
        winner,
        left.map((arm) => byRank[arm]!),
      ),
    });
    left = left.filter((_, index) => index !== at);
  }
  return wins;
}

function charge(input: AuctionInput, winner: Bidder, others: readonly Bidder[]) {
  const minimumToWinMicros = leastBid(input, winner, others);
  const priceMicros = input.pricing === "first-price" ? priceOf(winner).bidMicros : minimumToWinMicros;
  const unit = priceOf(winner).model === "cpm" ? priceMicros / 1000 : priceMicros * likelihood(input, winner)!;
  return { priceMicros, minimumToWinMicros, impressionMicros: Math.ceil(unit) };
}

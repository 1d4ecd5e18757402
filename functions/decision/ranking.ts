// Best first: by bid x probability ^ quality exponent. Equal ones are ordered by creative id, so that a ranking is the same wherever it is made.
import { orderByScore } from "../../shared/auction/order.ts";
import { scoreBid, valueBid } from "../../shared/auction/worth.ts";
import type { Price } from "../../shared/catalog/demand.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { power } from "../../shared/scoring/elementary.ts";

/** `supply` is null where the request brought the creative along: it has no price then. */
export interface Bidder {
  readonly creativeId: string;
  readonly supply: { readonly price: Price } | null;
}

/** Calibrated ones of each candidate, in order; null where no model gave any. Those of conversions are of an impression. */
export interface Probabilities {
  readonly clicks: ArrayLike<number> | null;
  readonly conversions: ArrayLike<number> | null;
}

export interface RankingRules {
  readonly qualityExponent: number;
  /** The least expected value of 1,000 impressions. */
  readonly floorMicros: number;
  /** Whether no model of clicks answered, so that bids for clicks take part unscored. */
  readonly keepsUnscored?: boolean;
}

export interface Ranked<Candidate extends Bidder = Bidder> {
  readonly candidate: Candidate;
  /** Into the candidates that were ranked. */
  readonly index: number;
  /** Of what its price is paid for, 1 for `cpm`; of a click where it has no price. Null where no model scored it. */
  readonly probability: number | null;
  /** `probability` ^ quality exponent. */
  readonly quality: number | null;
  /** Expected value of 1,000 impressions; null where it has no price. */
  readonly valueMicros: number | null;
  /** What it is ranked by, and a policy's value; null, behind all others, where no model scored it. */
  readonly rankScore: number | null;
}

/** `valueMicros` is what fell short of the floor; null where no model scored it. */
export interface Unranked {
  readonly creativeId: string;
  readonly index: number;
  readonly reason: DropReason;
  readonly valueMicros: number | null;
}

export interface Ranking<Candidate extends Bidder = Bidder> {
  readonly ranked: readonly Ranked<Candidate>[];
  readonly dropped: readonly Unranked[];
}

/** Drops what is worth nothing known (`probability_missing`) or too little (`below_floor`). What the request brought is ranked by its probability alone. */
export function rankCandidates<Candidate extends Bidder>(
  candidates: readonly Candidate[],
  probabilities: Probabilities,
  rules: RankingRules,
): Ranking<Candidate> {
  const ranked: Ranked<Candidate>[] = [];
  const dropped: Unranked[] = [];
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index] as Candidate; // within the list
    const one = rateCandidate(candidate, index, probabilities, rules.qualityExponent);
    const reason = findDropReason(one, rules);
    if (reason) dropped.push({ creativeId: candidate.creativeId, index, reason, valueMicros: one.valueMicros });
    else ranked.push(one);
  }
  return { ranked: sortRanked(ranked), dropped };
}

function sortRanked<Candidate extends Bidder>(rated: readonly Ranked<Candidate>[]): Ranked<Candidate>[] {
  const count = rated.length;
  const scores = new Array<number>(count);
  const ids = new Array<string>(count);
  for (let index = 0; index < count; index++) {
    const { candidate, rankScore } = rated[index] as Ranked; // within the list
    scores[index] = rankScore ?? -1;
    ids[index] = candidate.creativeId;
  }
  const order = orderByScore(scores, ids);
  const ranked = new Array<Ranked<Candidate>>(count);
  for (let rank = 0; rank < count; rank++) ranked[rank] = rated[order[rank] as number] as Ranked<Candidate>; // an order of its indices
  return ranked;
}

/** Under the draws from a posterior, each as likely: the probability of candidate `c` under draw `d` at [c * drawCount + d]. */
export interface PosteriorDraws {
  readonly drawCount: number;
  readonly clicks: ArrayLike<number> | null;
  readonly conversions: ArrayLike<number> | null;
}

/** The ranked ones' scores under each draw, laid out as a policy takes them. What no posterior is there for keeps its score. */
export function scoreDraws(ranked: readonly Ranked[], draws: PosteriorDraws, qualityExponent: number): Float64Array {
  const scores = new Float64Array(draws.drawCount * ranked.length);
  for (let arm = 0; arm < ranked.length; arm++) {
    const { candidate, index, rankScore } = ranked[arm] as Ranked; // within the list
    const price = candidate.supply?.price;
    const probabilities = price?.model === "cpm" ? null : price?.model === "cpa" ? draws.conversions : draws.clicks;
    for (let draw = 0; draw < draws.drawCount; draw++) {
      const probability = probabilities ? (probabilities[index * draws.drawCount + draw] as number) : null; // of a candidate, within the draws
      scores[draw * ranked.length + arm] = probability === null ? (rankScore ?? 0) : scoreOf(price, probability, qualityExponent);
    }
  }
  return scores;
}

function scoreOf(price: Price | undefined, probability: number, qualityExponent: number): number {
  return price ? scoreBid(price.model, price.bidMicros, power(probability, qualityExponent)) : probability;
}

function rateCandidate<Candidate extends Bidder>(
  candidate: Candidate,
  index: number,
  probabilities: Probabilities,
  qualityExponent: number,
): Ranked<Candidate> {
  const price = candidate.supply?.price;
  const probability = findProbability(price?.model ?? "cpc", probabilities, index);
  if (!price) return { candidate, index, probability, quality: probability, valueMicros: null, rankScore: probability };
  const { model, bidMicros } = price;
  if (probability === null) return { candidate, index, probability, quality: null, valueMicros: null, rankScore: null };
  const quality = power(probability, qualityExponent);
  const valueMicros = valueBid(model, bidMicros, probability);
  return { candidate, index, probability, quality, valueMicros, rankScore: scoreBid(model, bidMicros, quality) };
}

function findProbability(model: Price["model"], { clicks, conversions }: Probabilities, index: number): number | null {
  if (model === "cpm") return 1;
  return (model === "cpc" ? clicks : conversions)?.[index] ?? null;
}

function findDropReason({ candidate, valueMicros }: Ranked, { floorMicros, keepsUnscored }: RankingRules): DropReason | null {
  if (!candidate.supply) return null;
  if (valueMicros === null) return keepsUnscored && candidate.supply.price.model === "cpc" ? null : "probability_missing";
  return valueMicros < floorMicros ? "below_floor" : null;
}

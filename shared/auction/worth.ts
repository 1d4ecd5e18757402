// What a bid is worth to a placement, and what an impression costs who made it. All money in integer micros.
import type { Price } from "../catalog/demand.ts";

/** Clicks and conversions are bid for one by one, impressions by the thousand. */
const IMPRESSIONS = 1000;

/**
 * Score of a bid in the ranking: its micros for 1,000 impressions times the quality, which is the probability of what is paid for ^ the
 * quality exponent. Never falls where the bid rises.
 *
 * @example scoreBid("cpc", 500_000, 0.01); // 5_000_000
 */
export function scoreBid(model: Price["model"], bidMicros: number, quality: number): number {
  return model === "cpm" ? bidMicros * quality : bidMicros * IMPRESSIONS * quality;
}

/**
 * Expected value of 1,000 impressions in micros, to the nearest integer. `probability` is that of what is paid for: 1 for `cpm`.
 *
 * @example valueBid("cpm", 2_500_000, 1); // 2_500_000
 */
export function valueBid(model: Price["model"], bidMicros: number, probability: number): number {
  return Math.round(scoreBid(model, bidMicros, probability));
}

/**
 * The micros that one impression takes of a budget, rounded up: a thousandth of the price for `cpm`; for `cpc` and `cpa` the expected
 * price, which is held until the click or the conversion comes. With the bid for the price it is the most that it can take.
 *
 * @example costImpression("cpm", 1_000_000_000, 1); // 1_000_000
 */
export function costImpression(model: Price["model"], priceMicros: number, probability: number): number {
  return Math.ceil(model === "cpm" ? priceMicros / IMPRESSIONS : priceMicros * probability);
}

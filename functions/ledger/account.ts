// The accounts of a campaign: what they are called, on which terms they give, and what a decision sees of them.
import type { Budget, Flight, Pacing } from "../../shared/catalog/demand.ts";
import type { Shortage } from "../../shared/catalog/reasons.ts";

/**
 * `money` pays for impressions, in micros. `holds` is the same money kept back for a click or a conversion that may come. A flight's
 * account has its goal, in impressions.
 */
export type AccountKey = "money" | "holds" | `flight:${string}`;

/** The account that a key's amounts are booked in. */
export type BookedKey = Exclude<AccountKey, "holds">;

export const bookedKey = (key: AccountKey): BookedKey => (key === "holds" ? "money" : key);

/** Amounts are micros of `money`, impressions of a flight; null is without a bound. `endMs` is when a flight ends. */
export interface Terms {
  readonly total: number | null;
  readonly daily: number | null;
  readonly pacing: Pacing;
  readonly carryOver: boolean;
  readonly endMs: number | null;
}

/** What the catalog says of a campaign's accounts. The terms of the highest `sequence` are in force. */
export interface CampaignTerms {
  readonly sequence: number;
  readonly timeZone: string;
}

/**
 * What a decision may spend: where `left` is less than an impression may cost, the candidate drops for `shortage`; else it passes with
 * probability `passRate`, in (0, 1].
 */
export interface Funds {
  readonly left: number;
  readonly passRate: number;
  readonly shortage: Shortage;
}

/** @example moneyTerms(campaign.budget, lastEndMs) */
export function moneyTerms(budget: Budget, endMs: number | null): Terms {
  const { totalMicros, dailyMicros, pacing, carryOver } = budget;
  return { total: totalMicros, daily: dailyMicros, pacing, carryOver, endMs };
}

/** Null for a flight without a goal, which has no account. */
export function goalTerms({ goal, endMs }: Pick<Flight, "goal" | "endMs">): Terms | null {
  if (!goal) return null;
  const { totalImpressions, dailyImpressions, pacing, carryOver } = goal;
  return { total: totalImpressions, daily: dailyImpressions, pacing, carryOver, endMs };
}

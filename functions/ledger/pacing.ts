// Pacing: how much of a day's amount may be out by now, and who gets it.
import type { Pacing } from "../../shared/catalog/demand.ts";
import { type Day, ratePerMs, shareBefore, type Traffic, yieldOf } from "./traffic.ts";

/**
 * **The plan** of a paced account: after the share s of the day's traffic has passed, the share s of the day's amount is spent (`even`),
 * or 1 - (1 - s)^2 of it (`front-loaded`: twice as fast as the traffic at first, ever slower towards the end).
 *
 * It is a share of traffic, not of the clock, because an amount that runs with the clock is forced on the few who are awake at night, and
 * missed where many come. The day's traffic is what the last days' was at the same time of the campaign's own day (traffic.ts). On the
 * first day nothing is known: the plan is flat then and follows the clock, while how many opportunities come is learned within the day,
 * so that the first day delivers too. A day's plan does not change during the day; it begins where its account was first asked.
 *
 * Two things keep to it. What is spent and leased is never ahead of it by more than `MAX_AHEAD` of the day's amount, or by one impression
 * where that is more: a bound, kept by construction, as no lease is given beyond it. And the pass rate aims at the middle of that bound: each
 * opportunity passes by a coin, so that who is served is chosen at random instead of first come. It is what is missing at the end of the
 * next `HORIZON_MS`, over what is expected to come: behind, more pass. (Agarwal et al., Budget Pacing for Targeted Online Advertisements
 * at LinkedIn, KDD 2014, pace by the forecast of traffic in the same way.)
 */
export interface Plan {
  readonly pacing: Exclude<Pacing, "as-fast-as-possible">;
  /** What is to be spent in the day. */
  readonly amount: number;
  readonly day: Day;
  /** Where in the day it begins and ends. */
  readonly fromMs: number;
  readonly toMs: number;
}

const MAX_AHEAD = 0.02;
const HORIZON_MS = 600_000;

/** A pass rate is never 0: what is offered by chance has a probability. */
const LEAST_PASS_RATE = 1e-6;

const HOLD_LEAST_MS = 1000;
export const HOLD_MOST_MS = 30_000;

/** What is spent at `timeMs` where everything goes by plan. */
export function plannedBy({ pacing, amount, day, fromMs, toMs }: Plan, traffic: Pick<Traffic, "mean">, timeMs: number): number {
  const at = (ms: number) => shareBefore(traffic, day, ms);
  const begin = at(fromMs);
  const whole = at(toMs) - begin;
  const share = whole <= 0 || timeMs >= toMs ? 1 : Math.max((at(timeMs) - begin) / whole, 0);
  return amount * (pacing === "even" ? share : 1 - (1 - share) ** 2);
}

/** How far ahead of plan spent and leased may be together; `unit` is what an impression costs at most. */
export const aheadOf = ({ amount }: Plan, unit: number): number => Math.max(amount * MAX_AHEAD, unit);

/** The most that may be spent and leased together now. */
export function limitNow(plan: Plan, traffic: Pick<Traffic, "mean">, unit: number, nowMs: number): number {
  return Math.floor(Math.min(plannedBy(plan, traffic, nowMs) + aheadOf(plan, unit), plan.amount) + 1e-6);
}

/** The probability with which an opportunity passes, given what was `spent` today. */
export function passRateNow(plan: Plan, traffic: Traffic, spent: number, unit: number, nowMs: number): number {
  const endMs = Math.min(nowMs + HORIZON_MS, plan.toMs);
  const missing = Math.min(plannedBy(plan, traffic, endMs) + aheadOf(plan, unit) / 2, plan.amount) - spent;
  const expected = ratePerMs(traffic, nowMs) * (endMs - nowMs) * yieldOf(traffic);
  if (missing >= expected) return 1;
  return Math.max(missing / expected, LEAST_PASS_RATE);
}

/** When to ask again for what the plan does not give yet: as soon as `taken` and one more `unit` are within its limit, or somewhat earlier. */
export function heldUntil(plan: Plan, traffic: Pick<Traffic, "mean">, taken: number, unit: number, nowMs: number): number {
  const needed = taken + unit - aheadOf(plan, unit);
  const planned = plannedBy(plan, traffic, nowMs);
  const gained = plannedBy(plan, traffic, nowMs + HOLD_MOST_MS) - planned;
  const waitMs = gained <= 0 ? HOLD_MOST_MS : ((needed - planned) / gained) * HOLD_MOST_MS;
  return nowMs + Math.ceil(Math.min(Math.max(waitMs, HOLD_LEAST_MS), HOLD_MOST_MS));
}

// What an account may still give out: within its total, its day and its plan.
import type { Account } from "./book.ts";
import type { Plan } from "./pacing.ts";
import { limitNow } from "./pacing.ts";
import { heldOf } from "./postings.ts";

/** Spent today, or kept back: what a plan counts as delivered. */
export const deliveredToday = (account: Account): number => account.day.spent + heldOf(account);

/** Delivered, or leased to somebody who may. */
export const takenToday = (account: Account): number => deliveredToday(account) + account.reserved + account.holdsReserved;

/** What may be charged on top of what is spent or reserved for impressions. Holds do not count: they are kept back for charges. */
export function chargeable({ terms, spent, reserved, reservedBefore, day }: Account): number {
  const ofTotal = (terms.total ?? Number.POSITIVE_INFINITY) - spent - reserved - reservedBefore;
  const ofDay = (terms.daily ?? Number.POSITIVE_INFINITY) + day.carried - day.spent - reserved;
  return Math.max(Math.min(ofTotal, ofDay), 0);
}

/** What may be leased, were it not for the plan. */
export const leasable = (account: Account): number => Math.max(chargeable(account) - heldOf(account) - account.holdsReserved, 0);

/** What may be leased now. */
export function leasableNow(account: Account, plan: Plan | null, unit: number, nowMs: number): number {
  if (!plan) return leasable(account);
  return Math.max(Math.min(leasable(account), limitNow(plan, account.traffic, unit, nowMs) - takenToday(account)), 0);
}

/**
 * The day's plan; null where there is nothing to pace: as fast as possible, or neither a day's amount nor an end to spread a total over.
 * A total without a day's amount is spread over the days until the end by their length.
 */
export function planOf(account: Account, nowMs: number): Plan | null {
  const { terms, day } = account;
  const { pacing, total, daily, endMs } = terms;
  if (pacing === "as-fast-as-possible") return null;
  const toMs = Math.min(day.endMs, endMs !== null && endMs > nowMs ? endMs : day.endMs);
  const left = total === null ? Number.POSITIVE_INFINITY : total - (account.spent - day.spent) - account.reservedBefore;
  const plan = { pacing, day, fromMs: day.fromMs, toMs };
  if (daily !== null) return { ...plan, amount: Math.min(daily + day.carried, left) };
  if (total === null || endMs === null) return null;
  return { ...plan, amount: endMs <= toMs ? left : Math.ceil((left * (toMs - day.fromMs)) / (endMs - day.fromMs)) };
}

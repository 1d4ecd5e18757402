// What an isolate and the ledger say to each other: one message a campaign, with reports, returns and wishes.
import type { Shortage } from "../../shared/catalog/reasons.ts";
import type { AccountKey, CampaignTerms, Terms } from "./account.ts";
import { deliveredToday, leasable, leasableNow, planOf, takenToday } from "./allowance.ts";
import { type Account, type Lease, openAccount, openLease, openOnTerms, type Turn } from "./book.ts";
import { HOLD_MOST_MS, heldUntil, type Plan, passRateNow } from "./pacing.ts";
import { closeLease, reserve, spendLease } from "./postings.ts";
import { observe } from "./traffic.ts";

/** All of it may be repeated and may arrive in any order: amounts are totals since the lease began, which only grow. */
export interface ExchangeRequest {
  readonly campaign: CampaignTerms;
  /** By the isolate's clock. */
  readonly nowMs: number;
  readonly asks: readonly Ask[];
  readonly proofs: readonly Proof[];
}

export interface Ask {
  readonly account: AccountKey;
  readonly terms: Terms;
  /** Made by the isolate, so that to ask twice is to ask once. One that was given back is never used again. */
  readonly leaseId: string;
  /** What it is as far as the isolate knows; 0 begins it. */
  readonly heldTotal: number;
  readonly spentTotal: number;
  /** Up to how much the lease should be, spent and unspent together; null gives it back. */
  readonly amountTotal: number | null;
  /** The most that one impression can cost: less is of no use. */
  readonly unit: number;
  /** How often a candidate of the account could have been shown since the last message that told. */
  readonly opportunities: number;
}

/** An impression was rendered: when it was served, its lease had spent `spentTotal`, itself included. */
export interface Proof {
  readonly leaseId: string;
  readonly spentTotal: number;
}

/** `amountTotal` is the lease's by now; 0 where there is none. For as long as it is short, it is useless to ask before `retryMs`. */
export interface Grant {
  readonly account: AccountKey;
  readonly leaseId: string;
  readonly amountTotal: number;
  readonly expiresMs: number;
  readonly passRate: number;
  readonly shortage: Shortage | null;
  readonly retryMs: number;
}

/** A lease takes at most this share of what may be given, or one impression: what is left is never all with one isolate. */
const MOST_OF_LEFT = 1 / 4;

/** When to ask again for what others have and may bring back. */
const RETURN_MS = 2000;

/**
 * First what was spent and what comes back, then who gets what. A lease begins only where its request cannot be an old one, come late, of
 * a lease that is settled and forgotten.
 */
export function exchange(turn: Turn, { campaign, nowMs, asks, proofs }: ExchangeRequest): Grant[] {
  for (const { leaseId, spentTotal } of proofs) {
    const lease = openLease(turn, leaseId);
    if (lease) spendLease(turn, lease, spentTotal);
  }
  for (const ask of asks) report(turn, campaign, ask);
  const isStale = turn.nowMs - nowMs > turn.rules.termMs + turn.rules.clockSkewMs;
  return asks.filter(({ amountTotal }) => amountTotal !== null).map((ask) => grant(turn, ask, isStale));
}

function report(turn: Turn, campaign: CampaignTerms, ask: Ask): void {
  const account = openOnTerms(turn, ask.account, campaign, ask.terms, ask.unit);
  const lease = openLease(turn, ask.leaseId);
  const spent = lease ? spendLease(turn, lease, ask.spentTotal) : 0;
  if (lease && ask.amountTotal === null) closeLease(turn, lease);
  observe(account.traffic, account.day, { opportunities: ask.opportunities, spent, passRate: account.passRate }, turn.nowMs);
}

function grant(turn: Turn, ask: Ask, isStale: boolean): Grant {
  const { nowMs } = turn;
  const account = openAccount(turn, ask.account) as Account; // its report opened it
  const plan = planOf(account, nowMs);
  account.passRate = plan ? passRateNow(plan, account.traffic, deliveredToday(account), ask.unit, nowMs) : 1;
  const told = { account: ask.account, leaseId: ask.leaseId, passRate: account.passRate };
  const lease = turn.book.leases[ask.leaseId];
  if (lease ? isOver(lease, account) : isStale || ask.heldTotal > 0) {
    return { ...told, amountTotal: 0, expiresMs: nowMs, shortage: "budget_unavailable", retryMs: nowMs };
  }
  const unspent = lease ? lease.amount - lease.spent : 0;
  const more = sizeOf(ask, lease?.amount ?? 0, unspent, leasableNow(account, plan, ask.unit, nowMs));
  const held = lease || more > 0 ? extend(turn, account, ask, more) : { amount: 0, expiresMs: nowMs };
  return {
    ...{ ...told, amountTotal: held.amount, expiresMs: held.expiresMs },
    ...(unspent + more >= ask.unit ? { shortage: null, retryMs: nowMs } : explain(account, plan, ask, unspent, nowMs)),
  };
}

/** A lease is of one day. */
const isOver = (lease: Lease, account: Account): boolean => lease.closed || lease.dayStartMs !== account.day.startMs;

function sizeOf({ amountTotal, unit }: Ask, amount: number, unspent: number, free: number): number {
  const most = Math.max(unit - unspent, Math.floor(free * MOST_OF_LEFT));
  const more = Math.min((amountTotal ?? 0) - amount, most, free);
  return more > 0 && unspent + more >= unit ? more : 0;
}

function extend(turn: Turn, account: Account, { leaseId, account: key }: Ask, more: number): Lease {
  const { book, nowMs, rules, changed } = turn;
  const dayStartMs = account.day.startMs;
  const lease = (book.leases[leaseId] ??= { account: key, dayStartMs, amount: 0, spent: 0, expiresMs: 0, closed: false });
  lease.amount += more;
  lease.expiresMs = Math.max(lease.expiresMs, Math.min(nowMs + rules.termMs, account.day.endMs));
  reserve(account, lease, more);
  changed.leases.add(leaseId);
  return lease;
}

function explain(account: Account, plan: Plan | null, { account: key, unit }: Ask, unspent: number, nowMs: number) {
  if (plan && unspent + leasable(account) >= unit) {
    return { shortage: "pacing_held" as const, retryMs: heldUntil(plan, account.traffic, takenToday(account), unit, nowMs) };
  }
  const isOut = takenToday(account) > account.day.spent || account.reservedBefore > 0;
  const shortage = key === "money" || key === "holds" ? ("budget_exhausted" as const) : ("goal_reached" as const);
  return { shortage, retryMs: nowMs + (isOut ? RETURN_MS : HOLD_MOST_MS) };
}

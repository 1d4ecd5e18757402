// One account as an isolate holds it: its lease, what it spent of it, and what is to be told. Plain data; lease-holder.ts does the talking.
import type { Shortage } from "../../shared/catalog/reasons.ts";
import type { AccountKey, Funds, Terms } from "./account.ts";
import type { Ask, Grant } from "./exchange.ts";

/** A lease is sized for so long, and renewed when half of it is spent: however busy, an account needs a call every few seconds. */
const SIZE_MS = 10_000;
const MOST_GROWTH = 4;

/** Spends are told after this time, opportunities after that: with a lease's renewal. One that nobody asks for any more is given back. */
export const REPORT_MS = 5000;
const TRAFFIC_MS = 30_000;
const IDLE_MS = 5000;

/** A lease is renewed this long before its end, and not more often than this. */
const RENEW_MS = 30_000;
const LEAST_MS = 250;

/** How long a ledger that failed is left alone. */
const FAILURE_MS = 1000;

export interface HeldAccount {
  readonly key: AccountKey;
  terms: Terms;
  /** The most that one impression can cost. */
  unit: number;
  leaseId: string;
  amount: number;
  spent: number;
  expiresMs: number;
  passRate: number;
  shortage: Shortage;
  /** To ask before is useless. */
  retryMs: number;
  /** How much a lease should have left. */
  size: number;
  opportunities: number;
  toldSpent: number;
  toldMs: number;
  usedMs: number;
  /** Leases to give back, with what they spent, until the ledger has heard of it. */
  readonly returns: Map<string, number>;
}

export function holdAccount(key: AccountKey, terms: Terms, unit: number, leaseId: string, nowMs: number): HeldAccount {
  return {
    ...{ key, terms, unit, leaseId, amount: 0, spent: 0, expiresMs: 0, passRate: 1, shortage: "budget_unavailable", retryMs: 0 },
    ...{ size: unit, opportunities: 0, toldSpent: 0, toldMs: nowMs, usedMs: nowMs, returns: new Map() },
  };
}

/** What may still be spent: nothing after the lease's end, by this isolate's own clock. */
export const leftOf = ({ amount, spent, expiresMs }: HeldAccount, nowMs: number): number =>
  nowMs < expiresMs ? amount - spent : 0;

export const fundsOf = (held: HeldAccount, nowMs: number): Funds => ({
  left: leftOf(held, nowMs),
  passRate: held.passRate,
  shortage: held.shortage,
});

/** Whether a request has to wait for this account: it has too little, and nobody said that there is no more. */
export const isMissing = (held: HeldAccount, nowMs: number): boolean => leftOf(held, nowMs) < held.unit && nowMs >= held.retryMs;

/** When something is to be said of it next; null for never. */
export function dueMs(held: HeldAccount, nowMs: number): number | null {
  const { spent, toldSpent, toldMs, amount, usedMs, opportunities, returns, retryMs, expiresMs, unit } = held;
  const isUsed = usedMs > toldMs;
  const dues = [
    spent > toldSpent || returns.size > 0 ? toldMs + REPORT_MS : null,
    opportunities > 0 ? toldMs + TRAFFIC_MS : null,
    amount > 0 ? usedMs + IDLE_MS : null,
    amount > 0 && isUsed && leftOf(held, nowMs) < Math.max(unit, held.size / 2) ? Math.max(toldMs + LEAST_MS, retryMs) : null,
    amount > 0 && isUsed ? Math.max(expiresMs - RENEW_MS, toldMs + REPORT_MS) : null,
  ].filter((due) => due !== null);
  return dues.length === 0 ? null : Math.min(...dues);
}

/** The lease is given back with the next message, and what is asked for next is another: an id that is given back is never used again. */
export function giveBack(held: HeldAccount, nextLeaseId: string): void {
  if (held.amount > 0) held.returns.set(held.leaseId, held.spent);
  Object.assign(held, { leaseId: nextLeaseId, amount: 0, spent: 0, toldSpent: 0, expiresMs: 0 });
}

/** Everything that is to be said now. Opportunities are told once: they are a statistic, and may be lost. */
export function speak(held: HeldAccount, nextLeaseId: () => string, nowMs: number): Ask[] {
  const isIdle = nowMs >= held.usedMs + IDLE_MS;
  if (held.amount > 0 && (isIdle || nowMs >= held.expiresMs)) giveBack(held, nextLeaseId());
  const { key: account, terms, unit } = held;
  const say = { account, terms, unit };
  const elapsedMs = nowMs - held.toldMs;
  held.toldMs = nowMs;
  const asks: Ask[] = [...held.returns].map(([leaseId, spentTotal]) => ({
    ...{ ...say, leaseId, heldTotal: spentTotal, spentTotal, amountTotal: null, opportunities: 0 },
  }));
  if (isIdle && held.opportunities === 0) return asks;
  resize(held, elapsedMs);
  const { leaseId, amount: heldTotal, spent: spentTotal, size, opportunities } = held;
  asks.push({
    ...say,
    leaseId,
    heldTotal,
    spentTotal,
    amountTotal: isIdle ? null : spentTotal + Math.max(size, unit),
    opportunities,
  });
  held.opportunities = 0;
  return asks;
}

/** As much as was spent lately in `SIZE_MS`; grown and shrunk step by step. */
function resize(held: HeldAccount, elapsedMs: number): void {
  const { spent, toldSpent, size, unit } = held;
  const wanted = ((spent - toldSpent) * SIZE_MS) / Math.max(elapsedMs, 1);
  held.size = Math.ceil(Math.max(Math.min(wanted, size * MOST_GROWTH), size / 2, unit));
}

/** The ledger has heard what was said. */
export function hear(held: HeldAccount, asks: readonly Ask[]): void {
  for (const { leaseId, spentTotal, amountTotal } of asks) {
    if (held.returns.has(leaseId)) held.returns.delete(leaseId);
    else if (amountTotal !== null && leaseId === held.leaseId) held.toldSpent = Math.max(held.toldSpent, spentTotal);
  }
}

/** What the ledger gave. A lease that it does not know any more is over. */
export function take(held: HeldAccount, grant: Grant, nextLeaseId: () => string): void {
  if (grant.leaseId !== held.leaseId) return;
  const { passRate, retryMs } = grant;
  Object.assign(held, { passRate, retryMs, shortage: grant.shortage ?? "budget_unavailable" });
  if (grant.amountTotal < held.amount) giveBack(held, nextLeaseId());
  else Object.assign(held, { amount: grant.amountTotal, expiresMs: Math.max(grant.expiresMs, held.expiresMs) });
}

/** The ledger did not answer: what was said is said again, but not at once. What it may have given unheard is given back. */
export function fail(held: HeldAccount, nextLeaseId: () => string, nowMs: number): void {
  if (held.amount === 0) {
    held.returns.set(held.leaseId, 0);
    held.leaseId = nextLeaseId();
  }
  held.retryMs = Math.max(held.retryMs, nowMs + FAILURE_MS);
  held.shortage = "budget_unavailable";
}

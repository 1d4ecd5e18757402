// The beginning of every visit to the book: time goes on, and what it ends is settled.
import type { BookedKey } from "./account.ts";
import { type Account, type Book, type DayBounds, type Lease, type LedgerRules, openAccount, type Turn } from "./book.ts";
import { carries, closeLease } from "./postings.ts";
import { learnDay } from "./traffic.ts";

/** Begins a visit: the clock goes on, holds lapse, days end, and leases that nobody can spend any more are settled. */
export function openTurn(book: Book, nowMs: number, rules: LedgerRules, dayBounds: DayBounds): Turn {
  book.clockMs = Math.max(book.clockMs, nowMs);
  const changed = { accounts: new Set<BookedKey>(), leases: new Set<string>() };
  const turn: Turn = { book, nowMs: book.clockMs, rules, dayBounds, changed, doubted: 0 };
  for (const key of Object.keys(book.accounts) as BookedKey[]) endDay(turn, key); // only such keys are put in
  for (const leaseId of Object.keys(book.leases)) settleLease(turn, leaseId);
  return turn;
}

function endDay(turn: Turn, key: BookedKey): void {
  const { nowMs, book, dayBounds } = turn;
  const account = book.accounts[key] as Account; // its key was read from there
  if (account.holds.some(({ lapseMs }) => lapseMs <= nowMs)) {
    openAccount(turn, key);
    account.holds = account.holds.filter(({ lapseMs }) => lapseMs > nowMs);
  }
  if (nowMs < account.day.endMs) return;
  openAccount(turn, key);
  const { day, terms, reserved } = account;
  const next = dayBounds(account.timeZone, nowMs);
  const carried = carries(account) ? Math.max((terms.daily ?? 0) + day.carried - day.spent - reserved, 0) : 0;
  learnDay(account.traffic, day, day.fromMs, next);
  account.day = { ...next, fromMs: next.startMs, spent: 0, carried };
  account.reservedBefore += reserved;
  account.reserved = 0;
}

/**
 * A lease that ended without a word is in doubt: what its isolate did not report may have been served, and counts for as long as its
 * impressions' URLs do. After that only what was proved is spent. A closed lease is remembered until no request for it can still come.
 */
function settleLease(turn: Turn, leaseId: string): void {
  const { nowMs, rules, book, changed } = turn;
  const lease = book.leases[leaseId] as Lease; // its id was read from there
  const graceMs = lease.closed ? rules.termMs + 2 * rules.clockSkewMs : rules.impressionLifetimeMs + 3 * rules.clockSkewMs;
  if (nowMs < lease.expiresMs + graceMs) return;
  if (!lease.closed) turn.doubted++;
  closeLease(turn, lease);
  delete book.leases[leaseId];
  changed.leases.add(leaseId);
}

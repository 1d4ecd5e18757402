// The book of one campaign's accounts: plain data, and the few ways in which amounts move. No I/O, no clock of its own.
import type { AccountKey, BookedKey, CampaignTerms, Terms } from "./account.ts";
import { bookedKey } from "./account.ts";
import { type Day, learnDay, startTraffic, type Traffic } from "./traffic.ts";

/**
 * Where everything of an account is: `spent` for good, `reserved` in leases that may still be spent, `held` for clicks that may come.
 *
 * Always, by construction: spent + reserved + reservedBefore <= total, and day.spent + reserved <= the day's allowance.
 */
export interface Account {
  terms: Terms;
  sequence: number;
  timeZone: string;
  /** When it changed last. */
  asOfMs: number;
  spent: number;
  /** Left in leases of today, and in those of earlier days that are not settled yet. */
  reserved: number;
  reservedBefore: number;
  /** Left in leases for holds; and held, by when it lapses. */
  holdsReserved: number;
  holds: Hold[];
  day: AccountDay;
  traffic: Traffic;
  /** As it was told last. */
  passRate: number;
}

/** `carried` is what earlier days left; the account was first asked, or the day began, at `fromMs`. */
export interface AccountDay extends Day {
  readonly fromMs: number;
  spent: number;
  carried: number;
}

export interface Hold {
  readonly lapseMs: number;
  amount: number;
}

/** An amount that one isolate may spend until `expiresMs`. It only grows; `spent` is what the isolate reported, or an impression proved. */
export interface Lease {
  readonly account: AccountKey;
  readonly dayStartMs: number;
  amount: number;
  spent: number;
  expiresMs: number;
  closed: boolean;
}

export interface Book {
  /** The latest time that anybody told: time never runs backwards. */
  clockMs: number;
  readonly accounts: Record<string, Account>;
  readonly leases: Record<string, Lease>;
}

export interface LedgerRules {
  /** How long a lease lasts unless it is renewed. */
  readonly termMs: number;
  /** For how long after it was served an impression counts: its URL's lifetime. */
  readonly impressionLifetimeMs: number;
  /** By how much the clocks of two isolates may differ. */
  readonly clockSkewMs: number;
  /** For how long the value of a possible click or conversion is kept back. */
  readonly holdMs: number;
}

export const LEDGER_RULES: LedgerRules = {
  termMs: 60_000,
  impressionLifetimeMs: 3_600_000,
  clockSkewMs: 60_000,
  holdMs: 1_800_000,
};

export type DayBounds = (timeZone: string, nowMs: number) => Day;

/** One visit to the book: it names what it changed, so that only that is stored. */
export interface Turn {
  readonly book: Book;
  readonly nowMs: number;
  readonly rules: LedgerRules;
  readonly dayBounds: DayBounds;
  readonly changed: { readonly accounts: Set<BookedKey>; readonly leases: Set<string> };
  /** Leases whose isolate never came back. */
  doubted: number;
}

export const createBook = (): Book => ({ clockMs: 0, accounts: {}, leases: {} });

/** The account, to be changed; undefined where it was never asked. */
export function openAccount({ book, nowMs, changed }: Turn, key: AccountKey): Account | undefined {
  const account = book.accounts[bookedKey(key)];
  if (!account) return undefined;
  changed.accounts.add(bookedKey(key));
  account.asOfMs = nowMs;
  return account;
}

/** The lease, to be changed; undefined where it was never given, or was settled. */
export function openLease({ book, changed }: Turn, leaseId: string): Lease | undefined {
  const lease = book.leases[leaseId];
  if (lease) changed.leases.add(leaseId);
  return lease;
}

/** The account on the terms that are in force, which are those of the newest catalog. */
export function openOnTerms(turn: Turn, key: AccountKey, campaign: CampaignTerms, terms: Terms, unit: number): Account {
  const { sequence, timeZone } = campaign;
  const known = openAccount(turn, key);
  if (known) {
    if (sequence > known.sequence) Object.assign(known, { terms, sequence, timeZone });
    return known;
  }
  const day = turn.dayBounds(timeZone, turn.nowMs);
  const account: Account = {
    ...{
      terms,
      sequence,
      timeZone,
      asOfMs: turn.nowMs,
      spent: 0,
      reserved: 0,
      reservedBefore: 0,
      holdsReserved: 0,
      holds: [],
      passRate: 1,
    },
    day: { ...day, fromMs: turn.nowMs, spent: 0, carried: 0 },
    traffic: startTraffic(day, unit, turn.nowMs),
  };
  turn.book.accounts[bookedKey(key)] = account;
  turn.changed.accounts.add(bookedKey(key));
  return account;
}

export const heldOf = ({ holds }: Account): number => holds.reduce((sum, { amount }) => sum + amount, 0);

/** What the lease has not spent changes by `amount`, and so does what the account reserves for it. */
export function reserve(account: Account, lease: Lease, amount: number): void {
  if (lease.account === "holds") account.holdsReserved += amount;
  else if (lease.dayStartMs === account.day.startMs) account.reserved += amount;
  else account.reservedBefore += amount;
}

/**
 * A lease has spent `total` by now; more than it has can only be said of another that had its id, before clocks went wrong by more than
 * rules allow. What is spent belongs to the day in which it was leased. @returns how much of it is news
 */
export function spendLease(turn: Turn, lease: Lease, total: number): number {
  const account = openAccount(turn, lease.account);
  const amount = Math.min(total, lease.amount) - lease.spent;
  if (!account || lease.closed || amount <= 0) return 0;
  lease.spent += amount;
  reserve(account, lease, -amount);
  if (lease.account === "holds") hold(account, amount, turn);
  else spend(account, amount, lease.dayStartMs);
  return amount;
}

export function spend(account: Account, amount: number, dayStartMs: number): void {
  account.spent += amount;
  if (dayStartMs === account.day.startMs) account.day.spent += amount;
}

/** Holds lapse in steps, so that an account has few of them. */
const HOLD_STEPS = 6;

function hold({ holds }: Account, amount: number, { nowMs, rules }: Turn): void {
  const stepMs = rules.holdMs / HOLD_STEPS;
  const lapseMs = Math.ceil(nowMs / stepMs) * stepMs + rules.holdMs;
  const last = holds.at(-1);
  if (last?.lapseMs === lapseMs) last.amount += amount;
  else holds.push({ lapseMs, amount });
}

/** What a lease did not spend goes back at once, to the day it came from, or to today where the account carries over. */
export function closeLease(turn: Turn, lease: Lease): void {
  const account = openAccount(turn, lease.account);
  if (!account || lease.closed) return;
  const rest = lease.amount - lease.spent;
  reserve(account, lease, -rest);
  const isOld = lease.account !== "holds" && lease.dayStartMs !== account.day.startMs;
  if (isOld && carries(account)) account.day.carried += rest;
  lease.closed = true;
  lease.expiresMs = Math.max(lease.expiresMs, turn.nowMs);
}

const carries = ({ terms }: Account): boolean => terms.carryOver && terms.daily !== null;

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

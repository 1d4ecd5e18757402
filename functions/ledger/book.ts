// The book of one campaign's accounts: plain data, and how a visit to it opens them. No I/O, no clock of its own.
import type { AccountKey, BookedKey, CampaignTerms, Terms } from "./account.ts";
import { bookedKey } from "./account.ts";
import { type Day, startTraffic, type Traffic } from "./traffic.ts";

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

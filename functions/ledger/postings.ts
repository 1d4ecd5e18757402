// The few ways in which amounts move in the book: reserved by a lease, spent, held, returned.
import { type Account, type Lease, openAccount, type Turn } from "./book.ts";

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

export const carries = ({ terms }: Account): boolean => terms.carryOver && terms.daily !== null;

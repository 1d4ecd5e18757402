// Days of simulated traffic against the book: two peaks, a quiet night, several isolates with leases of their own. No real time passes.
import { type AccountKey, bookedKey, type Terms } from "../../../functions/ledger/account.ts";
import { planOf } from "../../../functions/ledger/allowance.ts";
import { createBook, LEDGER_RULES } from "../../../functions/ledger/book.ts";
import { type Ask, exchange } from "../../../functions/ledger/exchange.ts";
import { plannedBy } from "../../../functions/ledger/pacing.ts";
import type { Day } from "../../../functions/ledger/traffic.ts";
import { openTurn } from "../../../functions/ledger/turn.ts";

export const HOUR_MS = 3_600_000;
const FIRST_DAY_MS = 20_000 * 24 * HOUR_MS;

/** What comes at an hour of the day, relative: peaks at 9 and at 20, a twentieth of them at night. */
const densityAt = (hour: number): number =>
  0.05 + 0.7 * Math.exp(-(((hour - 9) / 2) ** 2)) + Math.exp(-(((hour - 20) / 1.8) ** 2)) + (hour > 8 && hour < 22 ? 0.2 : 0);

/** Numerical Recipes' generator: the same days every time. */
function createUniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Scenario {
  readonly account: AccountKey;
  readonly terms: Terms;
  /** Opportunities of each day. */
  readonly opportunities: number;
  readonly dayHours: readonly number[];
  /** What an impression costs, in turn; a unit is the most of them. */
  readonly prices: readonly number[];
  readonly isolates: number;
  /** Of those that pass, the share that wins its auction. */
  readonly winRate: number;
  readonly seed: number;
}

export interface PacedDay {
  readonly delivered: number;
  /** The most that was delivered beyond the ledger's own plan, and beyond what `planned` says of the opportunities that really came. */
  readonly aheadOfPlan: number;
  readonly aheadOfTraffic: number;
  /** Delivered by the time that a quarter, a half and three quarters of the opportunities had passed. */
  readonly quarters: readonly number[];
}

/** The times of a day's opportunities, in order. Hours are counted from the day's end: clocks change in the morning. */
function timesOf({ startMs, endMs }: Day, count: number, uniform: () => number): number[] {
  const times: number[] = [];
  while (times.length < count) {
    const timeMs = startMs + uniform() * (endMs - startMs);
    if (uniform() * 1.3 < densityAt(Math.max(24 - (endMs - timeMs) / HOUR_MS, 0))) times.push(timeMs);
  }
  return times.map(Math.floor).sort((a, b) => a - b);
}

interface Isolate {
  leaseId: string;
  amount: number;
  spent: number;
  expiresMs: number;
  passRate: number;
  retryMs: number;
  opportunities: number;
  reportedMs: number;
  reported: number;
}

/** Plays the days one after the other, in one book. `planned` is what a share of the traffic should have delivered of a day's goal. */
export function playDays(scenario: Scenario, planned: (share: number, goal: number) => number, goal: number): PacedDay[] {
  const { account, terms, prices, dayHours } = scenario;
  const uniform = createUniform(scenario.seed);
  const book = createBook();
  const unit = Math.max(...prices);
  const days: Day[] = [];
  for (const hours of dayHours) {
    const startMs = days.at(-1)?.endMs ?? FIRST_DAY_MS;
    days.push({ startMs, endMs: startMs + hours * HOUR_MS });
  }
  const dayBounds = (_zone: string, nowMs: number) =>
    days.find(({ endMs }) => nowMs < endMs) ?? { startMs: nowMs, endMs: nowMs + 24 * HOUR_MS };
  let names = 0;
  const isolates = Array.from({ length: scenario.isolates }, (): Isolate => newLease());

  function newLease(): Isolate {
    return {
      leaseId: `${names++}`,
      amount: 0,
      spent: 0,
      expiresMs: 0,
      passRate: 1,
      retryMs: 0,
      opportunities: 0,
      reportedMs: 0,
      reported: 0,
    };
  }

  /** As the edge does: a report with a wish. A lease that is over is closed and another begun. */
  function talk(index: number, nowMs: number, close: boolean): void {
    const one = isolates[index] as Isolate; // index < length
    const ask: Ask = {
      account,
      terms,
      unit,
      leaseId: one.leaseId,
      heldTotal: one.amount,
      spentTotal: one.spent,
      opportunities: one.opportunities,
      amountTotal: close ? null : one.spent + 4 * unit,
    };
    const turn = openTurn(book, nowMs, LEDGER_RULES, dayBounds);
    const [grant] = exchange(turn, { campaign: { sequence: 1, timeZone: "UTC" }, nowMs, asks: [ask], proofs: [] });
    Object.assign(one, { opportunities: 0, reportedMs: nowMs, reported: one.spent });
    if (!grant) isolates[index] = newLease();
    else if (grant.amountTotal < one.amount) talk(index, nowMs, true);
    else
      Object.assign(one, {
        amount: grant.amountTotal,
        expiresMs: grant.expiresMs,
        passRate: grant.passRate,
        retryMs: grant.retryMs,
      });
  }

  return days.map((day) => {
    const times = timesOf(day, scenario.opportunities, uniform);
    const quarters: number[] = [];
    let [delivered, aheadOfTraffic, aheadOfPlan] = [0, 0, 0];
    for (const [passed, nowMs] of times.entries()) {
      const index = Math.floor(uniform() ** 1.5 * scenario.isolates);
      for (const [other, { expiresMs, amount }] of isolates.entries())
        if (amount > 0 && expiresMs - 5000 < nowMs) talk(other, Math.min(nowMs, expiresMs), true);
      const one = isolates[index] as Isolate; // index < length
      one.opportunities++;
      const isShort = one.amount - one.spent < unit;
      if ((isShort && nowMs >= one.retryMs) || nowMs - one.reportedMs > (one.spent > one.reported ? 2000 : 10_000))
        talk(index, nowMs, false);
      const now = isolates[index] as Isolate; // may be another
      const price = prices[passed % prices.length] as number; // there is one
      if (now.amount - now.spent >= unit && uniform() < now.passRate && uniform() < scenario.winRate) {
        now.spent += price;
        delivered += price;
        const booked = book.accounts[bookedKey(account)];
        const plan = booked && planOf(booked, nowMs);
        if (booked && plan) aheadOfPlan = Math.max(aheadOfPlan, delivered - plannedBy(plan, booked.traffic, nowMs));
      }
      aheadOfTraffic = Math.max(aheadOfTraffic, delivered - planned((passed + 1) / times.length, goal));
      if (passed + 1 === Math.round((times.length * (quarters.length + 1)) / 4)) quarters.push(delivered);
    }
    return { delivered, aheadOfTraffic, aheadOfPlan, quarters };
  });
}

// A world for the book's tests: isolates with clocks of their own, that die; a network that loses, repeats and reorders; and the truth.
import { expect } from "vitest";
import type { AccountKey, Terms } from "../../../functions/ledger/account.ts";
import { type Account, type Book, LEDGER_RULES, type Lease, type Turn } from "../../../functions/ledger/book.ts";
import { type Billed, type Charge, charge } from "../../../functions/ledger/charge.ts";
import { type ExchangeRequest, exchange, type Grant } from "../../../functions/ledger/exchange.ts";
import { restoreBook } from "../../../functions/ledger/ledger-rows.ts";
import { openTurn } from "../../../functions/ledger/turn.ts";

export const DAY_MS = 86_400_000;
export const utcDay = (_timeZone: string, nowMs: number) => {
  const startMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { startMs, endMs: startMs + DAY_MS };
};

export const FAST: Terms = { total: null, daily: null, pacing: "as-fast-as-possible", carryOver: false, endMs: null };
export const CAMPAIGN = { sequence: 1, timeZone: "UTC" };

export interface TestLease {
  readonly id: string;
  amount: number;
  spent: number;
  expiresMs: number;
  closing: boolean;
}

export interface Impression {
  readonly leaseId: string;
  readonly spentTotal: number;
  readonly amount: number;
  readonly servedMs: number;
  readonly dayMs: number;
}

interface Message {
  readonly isolate: number;
  readonly request: ExchangeRequest;
}

/** Keeps the ledger as rows, as its storage does: only what a turn names as changed is written, and every turn begins from the rows. */
export class StoredLedger {
  readonly accounts = new Map<string, string>();
  readonly leases = new Map<string, string>();
  readonly charges = new Map<string, number>();

  load(): Book {
    const parsed = <T>(rows: Map<string, string>) => [...rows].map(([key, text]): [string, T] => [key, JSON.parse(text)]);
    return restoreBook(parsed<Account>(this.accounts), parsed<Lease>(this.leases));
  }

  #turn<T>(nowMs: number, act: (turn: Turn) => T): T {
    const turn = openTurn(this.load(), nowMs, LEDGER_RULES, utcDay);
    const answer = act(turn);
    for (const key of turn.changed.accounts) this.accounts.set(key, JSON.stringify(turn.book.accounts[key]));
    for (const id of turn.changed.leases) {
      const lease = turn.book.leases[id];
      if (lease) this.leases.set(id, JSON.stringify(lease));
      else this.leases.delete(id);
    }
    const { accounts, leases } = turn.book;
    expect(this.load()).toEqual({ accounts, leases, clockMs: expect.any(Number) }); // else a change was not named
    return answer;
  }

  exchange(request: ExchangeRequest): Grant[] {
    return this.#turn(request.nowMs, (turn) => exchange(turn, request));
  }

  charge(request: Charge): Billed {
    return this.#turn(request.nowMs, (turn) => {
      const billed = charge(turn, request, this.charges.get(request.eventId) ?? null);
      this.charges.set(request.eventId, billed.billedMicros);
      return billed;
    });
  }
}

export const NOON = 20_000 * DAY_MS + DAY_MS / 2;

/** One isolate's side of a conversation. */
export function talk(ledger: StoredLedger, terms: Terms, account: "money" | "holds" | "flight:f", unit = 1) {
  return (leaseId: string, nowMs: number, spentTotal: number, amountTotal: number | null) =>
    ledger.exchange({
      campaign: CAMPAIGN,
      nowMs,
      asks: [{ account, terms, leaseId, heldTotal: spentTotal, spentTotal, amountTotal, unit, opportunities: 1 }],
      proofs: [],
    })[0];
}

export class World {
  readonly ledger = new StoredLedger();
  readonly account: AccountKey;
  readonly terms: Terms;
  readonly impressions: Impression[] = [];
  readonly rendered = new Set<Impression>();
  nowMs = 20_000 * DAY_MS + 1000;
  #names = 0;
  readonly #isolates: { name: string; offsetMs: number; lease: TestLease | null }[];
  readonly #network: Message[] = [];
  readonly #answers: { isolate: number; grant: Grant; timeMs: number }[] = [];

  constructor(account: AccountKey, terms: Terms, isolates: number) {
    this.account = account;
    this.terms = terms;
    this.#isolates = Array.from({ length: isolates }, () => this.#newborn());
  }

  #newborn() {
    return { name: `isolate-${this.#names++}`, offsetMs: 0, lease: null };
  }

  #clock(isolate: number): number {
    return this.nowMs + (this.#isolates[isolate]?.offsetMs ?? 0);
  }

  stepClock(isolate: number, offsetMs: number): void {
    const one = this.#isolates[isolate];
    if (one) one.offsetMs = offsetMs;
  }

  die(isolate: number): void {
    this.#isolates[isolate] = this.#newborn();
  }

  /** Puts a message on the network: a report with a wish, or with a return. */
  send(isolate: number, size: number, close: boolean): void {
    const one = this.#isolates[isolate];
    if (!one) return;
    const nowMs = this.#clock(isolate);
    if (one.lease === null || (one.lease.closing && !close)) {
      one.lease = { id: `${one.name}.${this.#names++}`, amount: 0, spent: 0, expiresMs: 0, closing: false };
    }
    const { lease } = one;
    if (close) lease.closing = true;
    const amountTotal = close ? null : lease.spent + size;
    const ask = { account: this.account, terms: this.terms, unit: 1, opportunities: 1 };
    this.#network.push({
      isolate,
      request: {
        ...{ campaign: CAMPAIGN, nowMs, proofs: [] },
        asks: [{ ...ask, leaseId: lease.id, heldTotal: lease.amount, spentTotal: lease.spent, amountTotal }],
      },
    });
  }

  wait(ms: number): void {
    this.nowMs += ms;
  }

  /** The moments around the end of a day are where most can go wrong. */
  waitForMidnight(aroundMs: number): void {
    this.nowMs = Math.max(this.nowMs, utcDay("UTC", this.nowMs).endMs + aroundMs - 30_000);
  }

  /** A message that arrives, and its answer. */
  converse(isolate: number, size: number, close: boolean): void {
    this.send(isolate, size, close);
    this.deliver(this.#network.length - 1, false, true);
    this.answer(Math.max(this.#answers.length - 1, 0));
  }

  /** Delivers any message; it may stay on the network to come again, and its answer may be lost. */
  deliver(index: number, repeats: boolean, answered: boolean): void {
    const at = index % Math.max(this.#network.length, 1);
    const message = this.#network[at];
    if (!message) return;
    if (!repeats) this.#network.splice(at, 1);
    const grants = this.ledger.exchange(message.request);
    if (answered) for (const grant of grants) this.#answers.push({ isolate: message.isolate, grant, timeMs: this.nowMs });
  }

  /** An answer arrives, in any order; one to an isolate that died, or that has given up the call, is lost. */
  answer(index: number): void {
    const [found] = this.#answers.splice(index % Math.max(this.#answers.length, 1), 1);
    const lease = found && this.#isolates[found.isolate]?.lease;
    if (!found || lease?.id !== found.grant.leaseId || found.grant.amountTotal === 0) return;
    if (this.nowMs - found.timeMs > 60_000) return;
    lease.amount = Math.max(lease.amount, found.grant.amountTotal);
    lease.expiresMs = Math.max(lease.expiresMs, found.grant.expiresMs);
  }

  spend(isolate: number, amount: number): void {
    const lease = this.#isolates[isolate]?.lease;
    if (!lease || lease.closing || this.#clock(isolate) >= lease.expiresMs || lease.amount - lease.spent < amount) return;
    lease.spent += amount;
    const dayMs = JSON.parse(this.ledger.leases.get(lease.id) ?? "{}").dayStartMs ?? 0;
    this.impressions.push({
      leaseId: lease.id,

      spentTotal: lease.spent,
      amount,
      servedMs: this.nowMs,
      dayMs,
    });
  }

  /** An impression is rendered while its URL counts, and proves what was spent. */
  render(index: number): void {
    const impression = this.impressions[index % Math.max(this.impressions.length, 1)];
    if (!impression || this.nowMs - impression.servedMs > LEDGER_RULES.impressionLifetimeMs) return;
    this.rendered.add(impression);
    const proofs = [{ leaseId: impression.leaseId, spentTotal: impression.spentTotal }];
    this.ledger.exchange({ campaign: CAMPAIGN, nowMs: this.nowMs, asks: [], proofs });
  }

  /** What counts in the end, all days or those of one. */
  renderedAmount(dayMs?: number): number {
    return [...this.rendered]
      .filter((one) => dayMs === undefined || one.dayMs === dayMs)
      .reduce((sum, one) => sum + one.amount, 0);
  }
}

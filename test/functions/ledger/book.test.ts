// The book under adversity: whatever is lost, repeated, late or dead, no more is spent than was given, and nothing is lost for ever.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Terms } from "../../../functions/ledger/account.ts";
import { type Account, heldOf, LEDGER_RULES, type Lease } from "../../../functions/ledger/book.ts";
import { CAMPAIGN, DAY_MS, StoredLedger, utcDay, World } from "./ledger-world.ts";

const fast: Terms = { total: null, daily: null, pacing: "as-fast-as-possible", carryOver: false, endMs: null };

const isolate = fc.nat({ max: 3 });
const index = fc.nat({ max: 1000 });
type Action = (world: World) => void;
const flag = fc.boolean();
const rarely = fc.nat({ max: 4 }).map((n) => n === 0);
const ms = (max: number) => fc.integer({ min: 0, max });

/** A whole conversation as it mostly goes, and each of its steps alone, lost, repeated, late. */
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(isolate, fc.integer({ min: 1, max: 8 })).map(
      ([i, size]): Action =>
        (w) =>
          w.converse(i, size, false),
    ),
  },
  {
    weight: 2,
    arbitrary: isolate.map(
      (i): Action =>
        (w) =>
          w.converse(i, 0, true),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(isolate, fc.integer({ min: 1, max: 8 }), rarely).map(
      ([i, size, close]): Action =>
        (w) =>
          w.send(i, size, close),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(index, flag, flag).map(
      ([i, repeats, answered]): Action =>
        (w) =>
          w.deliver(i, repeats, answered),
    ),
  },
  {
    weight: 3,
    arbitrary: index.map(
      (i): Action =>
        (w) =>
          w.answer(i),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(isolate, fc.integer({ min: 1, max: 2 })).map(
      ([i, amount]): Action =>
        (w) =>
          w.spend(i, amount),
    ),
  },
  {
    weight: 6,
    arbitrary: index.map(
      (i): Action =>
        (w) =>
          w.render(i),
    ),
  },
  {
    weight: 2,
    arbitrary: isolate.map(
      (i): Action =>
        (w) =>
          w.die(i),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(isolate, fc.integer({ min: -30_000, max: 30_000 })).map(
      ([i, offset]): Action =>
        (w) =>
          w.stepClock(i, offset),
    ),
  },
  {
    weight: 2,
    arbitrary: ms(40_000).map(
      (by): Action =>
        (w) =>
          w.wait(by),
    ),
  },
  {
    weight: 1,
    arbitrary: ms(5 * 3_600_000).map(
      (by): Action =>
        (w) =>
          w.wait(by),
    ),
  },
  {
    weight: 1,
    arbitrary: ms(60_000).map(
      (by): Action =>
        (w) =>
          w.waitForMidnight(by),
    ),
  },
);
const story = fc.array(action, { minLength: 40, maxLength: 200 });

function accountOf({ ledger }: World, key = "flight:f"): Account | undefined {
  return ledger.load().accounts[key];
}

/** The sums that an account keeps are those of its leases, and all bounds hold. */
function checkSums(world: World, account: Account): void {
  const leases = Object.values(world.ledger.load().leases).filter((lease: Lease) => !lease.closed);
  const left = (some: Lease[]) => some.reduce((sum, { amount, spent }) => sum + amount - spent, 0);
  const isToday = ({ dayStartMs }: Lease) => dayStartMs === account.day.startMs;
  expect(account.reserved).toBe(left(leases.filter(isToday)));
  expect(account.reservedBefore).toBe(left(leases.filter((lease) => !isToday(lease))));
  const { total, daily } = account.terms;
  if (total !== null) expect(account.spent + account.reserved + account.reservedBefore).toBeLessThanOrEqual(total);
  if (daily !== null) expect(account.day.spent + account.reserved).toBeLessThanOrEqual(daily + account.day.carried);
}

function live(world: World, actions: readonly Action[]): void {
  for (const act of actions) {
    act(world);
    const account = accountOf(world);
    if (account) checkSums(world, account);
  }
}

describe("over random lives of isolates", () => {
  it.each([1, 2, 7, 30])(
    "a total of %i is never exceeded, by the book or in truth, and what is not spent comes back",
    (total) => {
      fc.assert(
        fc.property(story, (actions) => {
          const world = new World("flight:f", { ...fast, total }, 4);
          live(world, actions);
          expect(world.renderedAmount()).toBeLessThanOrEqual(total);
          world.nowMs += LEDGER_RULES.impressionLifetimeMs * 2;
          world.ledger.exchange({ campaign: CAMPAIGN, nowMs: world.nowMs, asks: [], proofs: [] });
          const account = accountOf(world);
          if (!account) return;
          expect([account.reserved, account.reservedBefore]).toEqual([0, 0]);
          const served = world.impressions.reduce((sum, { amount }) => sum + amount, 0);
          expect(account.spent).toBeGreaterThanOrEqual(world.renderedAmount());
          expect(account.spent).toBeLessThanOrEqual(served);
        }),
        { numRuns: 200 },
      );
    },
  );

  it("no day exceeds its own allowance", () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 12 }), (actions, daily) => {
        const world = new World("flight:f", { ...fast, daily }, 4);
        live(world, actions);
        for (const { dayMs } of world.impressions) expect(world.renderedAmount(dayMs)).toBeLessThanOrEqual(daily);
      }),
      { numRuns: 200 },
    );
  });

  it("what days leave is carried over, and all days together never exceed their sum", () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 12 }), (actions, daily) => {
        const world = new World("flight:f", { ...fast, daily, carryOver: true }, 4);
        live(world, actions);
        const days = Math.floor(world.nowMs / DAY_MS) - 20_000 + 1;
        expect(world.renderedAmount()).toBeLessThanOrEqual(days * daily);
      }),
      { numRuns: 200 },
    );
  });
});

/** One isolate's side of a conversation. */
function talk(ledger: StoredLedger, terms: Terms, account: "money" | "holds" | "flight:f", unit = 1) {
  return (leaseId: string, nowMs: number, spentTotal: number, amountTotal: number | null) =>
    ledger.exchange({
      campaign: CAMPAIGN,
      nowMs,
      asks: [{ account, terms, leaseId, heldTotal: spentTotal, spentTotal, amountTotal, unit, opportunities: 1 }],
      proofs: [],
    })[0];
}

const NOON = 20_000 * DAY_MS + DAY_MS / 2;
const spentOf = (ledger: StoredLedger, key: string) => ledger.load().accounts[key]?.spent;

describe("a lease", () => {
  it("is given once, however often it is asked for", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...fast, total: 100 }, "flight:f");
    const first = ask("a", NOON, 0, 10);
    expect(first).toMatchObject({ amountTotal: 10, expiresMs: NOON + LEDGER_RULES.termMs, passRate: 1, shortage: null });
    expect(ask("a", NOON, 0, 10)).toEqual(first);
  });

  it("takes a quarter of what is left at most, and one impression at a time in the end", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...fast, total: 9 }, "flight:f");
    const amounts = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map((id) => ask(id, NOON, 0, 1000)?.amountTotal);
    expect(amounts).toEqual([2, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it("that is returned gives back what was not spent at once, and takes no late word for more", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...fast, total: 1 }, "flight:f");
    ask("a", NOON, 0, 1);
    expect(ask("b", NOON, 0, 1)).toMatchObject({ amountTotal: 0, shortage: "goal_reached", retryMs: NOON + 2000 });
    ask("a", NOON, 0, null);
    expect(ask("a", NOON, 0, 1)).toMatchObject({ amountTotal: 0, shortage: "budget_unavailable" });
    expect(ask("b", NOON, 0, 1)).toMatchObject({ amountTotal: 1, shortage: null });
  });

  it("whose isolate died stays reserved while its impressions count, then only what they proved is spent", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...fast, total: 40 }, "flight:f");
    ask("dead", NOON, 0, 10);
    const proof = (spentTotal: number, nowMs: number) =>
      ledger.exchange({ campaign: CAMPAIGN, nowMs, asks: [], proofs: [{ leaseId: "dead", spentTotal }] });
    for (const total of [3, 1, 3, 2]) proof(total, NOON + 60_000);
    const counts = NOON + LEDGER_RULES.termMs + LEDGER_RULES.impressionLifetimeMs;
    expect(ledger.load().accounts["flight:f"]).toMatchObject({ spent: 3, reserved: 7 });
    proof(4, counts);
    expect(ledger.load().accounts["flight:f"]).toMatchObject({ spent: 4, reserved: 6 });
    proof(9, counts + 3 * LEDGER_RULES.clockSkewMs);
    expect(ledger.load().accounts["flight:f"]).toMatchObject({ spent: 4, reserved: 0 });
  });

  it("ends with its day, and what it spent late is of that day", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...fast, daily: 4 }, "flight:f");
    const late = utcDay("UTC", NOON).endMs - 1000;
    expect(ask("a", late, 0, 1)?.expiresMs).toBe(late + 1000);
    expect(ask("a", late + 2000, 1, 5)).toMatchObject({ amountTotal: 0, shortage: "budget_unavailable" });
    expect(ledger.load().accounts["flight:f"]).toMatchObject({ spent: 1, reservedBefore: 0, day: { spent: 0 } });
  });

  it("that is open at midnight is not carried over, but what comes back of it is", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...fast, daily: 10, carryOver: true }, "flight:f");
    const midnight = utcDay("UTC", NOON).endMs;
    ask("a", midnight - 1000, 0, 2);
    expect(ask("b", midnight, 0, 1)?.amountTotal).toBe(1);
    expect(ledger.load().accounts["flight:f"]?.day.carried).toBe(8);
    ask("a", midnight + 1, 1, null);
    expect(ledger.load().accounts["flight:f"]).toMatchObject({ spent: 1, day: { carried: 9, spent: 0 } });
  });

  it("follows the terms of the newest catalog", () => {
    const ledger = new StoredLedger();
    const ask = (sequence: number, total: number, leaseId: string) =>
      ledger.exchange({
        campaign: { sequence, timeZone: "UTC" },
        nowMs: NOON,
        asks: [
          ...[
            { account: "flight:f" as const, terms: { ...fast, total }, leaseId, heldTotal: 0, spentTotal: 0, amountTotal: 1 },
          ].map((one) => ({
            ...one,
            unit: 1,
            opportunities: 0,
          })),
        ],
        proofs: [],
      })[0]?.amountTotal;
    expect([ask(1, 1, "a"), ask(1, 9, "b"), ask(2, 2, "c"), ask(1, 9, "d"), ask(3, 9, "e")]).toEqual([1, 0, 1, 0, 1]);
  });
});

describe("clicks and conversions", () => {
  const budget: Terms = { ...fast, total: 1000 };
  const chargeOf = (ledger: StoredLedger, eventId: string, priceMicros: number, nowMs = NOON) =>
    ledger.charge({ campaign: CAMPAIGN, terms: budget, nowMs, eventId, priceMicros });

  it("are billed what is left, once", () => {
    const ledger = new StoredLedger();
    expect(chargeOf(ledger, "1", 700)).toEqual({ billedMicros: 700, outcome: "billed" });
    expect(chargeOf(ledger, "1", 700)).toEqual({ billedMicros: 700, outcome: "duplicate" });
    expect(chargeOf(ledger, "2", 700)).toEqual({ billedMicros: 300, outcome: "partly_billed" });
    expect(chargeOf(ledger, "3", 700)).toEqual({ billedMicros: 0, outcome: "outcome_unbilled" });
    expect(spentOf(ledger, "money")).toBe(1000);
  });

  it("never bill what is leased for impressions, but may bill what is held for them", () => {
    const ledger = new StoredLedger();
    talk(ledger, budget, "money", 200)("cpm", NOON, 0, 200);
    talk(ledger, budget, "holds", 200)("cpc", NOON, 0, 200);
    expect(chargeOf(ledger, "1", 900)).toEqual({ billedMicros: 800, outcome: "partly_billed" });
  });

  it("are waited for as long as a hold lasts, then its money is free again", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, budget, "holds", 1000);
    ask("a", NOON, 0, 1000);
    ask("a", NOON, 1000, null);
    expect(ask("b", NOON, 0, 1000)).toMatchObject({ amountTotal: 0, shortage: "budget_exhausted" });
    expect(ask("b", NOON + LEDGER_RULES.holdMs - 1, 0, 1000)?.amountTotal).toBe(0);
    expect(ask("c", NOON + LEDGER_RULES.holdMs * 1.2, 0, 1000)?.amountTotal).toBe(1000);
  });

  it("release as much of the holds as they cost", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, budget, "holds", 50);
    ask("a", NOON, 0, 50);
    ask("a", NOON, 50, null);
    chargeOf(ledger, "1", 30);
    expect(heldOf(ledger.load().accounts.money as Account)).toBe(20); // it was leased from
    chargeOf(ledger, "2", 30);
    expect(heldOf(ledger.load().accounts.money as Account)).toBe(0); // it was leased from
  });

  it("and impressions together never exceed the budget", () => {
    const step = fc.tuple(
      fc.constantFrom("money", "holds", "charge"),
      fc.integer({ min: 1, max: 300 }),
      fc.nat({ max: 5 }),
      fc.nat({ max: 900_000 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new StoredLedger();
        let nowMs = NOON;
        let billed = 0;
        for (const [kind, amount, number, waitMs] of steps) {
          nowMs += waitMs;
          if (kind === "charge")
            billed += [chargeOf(ledger, `${number}`, amount, nowMs)].reduce(
              (sum, one) => sum + (one.outcome === "duplicate" ? 0 : one.billedMicros),
              0,
            );
          else {
            const key = kind as "money" | "holds"; // the other two
            const granted = talk(ledger, budget, key)(`${nowMs}.${number}`, nowMs, 0, amount)?.amountTotal ?? 0;
            if (number > 0 && granted > 0) talk(ledger, budget, key)(`${nowMs}.${number}`, nowMs, granted, null);
          }
          const account = ledger.load().accounts.money;
          if (!account) continue;
          expect(account.spent + account.reserved + account.reservedBefore).toBeLessThanOrEqual(1000);
          expect(account.holds.every((hold) => hold.amount > 0)).toBe(true);
          expect(billed).toBeLessThanOrEqual(account.spent);
        }
      }),
    );
  });
});

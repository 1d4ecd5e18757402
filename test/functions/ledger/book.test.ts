// The book under adversity: whatever is lost, repeated, late or dead, no more is spent than was given, and nothing is lost for ever.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Account, LEDGER_RULES, type Lease } from "../../../functions/ledger/book.ts";
import { CAMPAIGN, DAY_MS, FAST, NOON, StoredLedger, talk, utcDay, World } from "./ledger-world.ts";

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

/** Gives when the account's days began: isolates whose clocks differ open the first, and end the last, a little early or late. */
function live(world: World, actions: readonly Action[]): Set<number> {
  const days = new Set<number>();
  for (const act of actions) {
    act(world);
    const account = accountOf(world);
    if (!account) continue;
    checkSums(world, account);
    days.add(account.day.startMs);
  }
  return days;
}

describe("over random lives of isolates", () => {
  it.each([1, 2, 7, 30])(
    "a total of %i is never exceeded, by the book or in truth, and what is not spent comes back",
    (total) => {
      fc.assert(
        fc.property(story, (actions) => {
          const world = new World("flight:f", { ...FAST, total }, 4);
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
        const world = new World("flight:f", { ...FAST, daily }, 4);
        live(world, actions);
        for (const { dayMs } of world.impressions) expect(world.renderedAmount(dayMs)).toBeLessThanOrEqual(daily);
      }),
      { numRuns: 200 },
    );
  });

  it("what days leave is carried over, and all days together never exceed their sum", () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 12 }), (actions, daily) => {
        const world = new World("flight:f", { ...FAST, daily, carryOver: true }, 4);
        const days = live(world, actions);
        const dayCount = (Math.max(...days) - Math.min(...days)) / DAY_MS + 1;
        if (days.size > 0) expect(world.renderedAmount()).toBeLessThanOrEqual(dayCount * daily);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a lease", () => {
  it("is given once, however often it is asked for", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...FAST, total: 100 }, "flight:f");
    const first = ask("a", NOON, 0, 10);
    expect(first).toMatchObject({ amountTotal: 10, expiresMs: NOON + LEDGER_RULES.termMs, passRate: 1, shortage: null });
    expect(ask("a", NOON, 0, 10)).toEqual(first);
  });

  it("takes a quarter of what is left at most, and one impression at a time in the end", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...FAST, total: 9 }, "flight:f");
    const amounts = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map((id) => ask(id, NOON, 0, 1000)?.amountTotal);
    expect(amounts).toEqual([2, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it("that is returned gives back what was not spent at once, and takes no late word for more", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...FAST, total: 1 }, "flight:f");
    ask("a", NOON, 0, 1);
    expect(ask("b", NOON, 0, 1)).toMatchObject({ amountTotal: 0, shortage: "goal_reached", retryMs: NOON + 2000 });
    ask("a", NOON, 0, null);
    expect(ask("a", NOON, 0, 1)).toMatchObject({ amountTotal: 0, shortage: "budget_unavailable" });
    expect(ask("b", NOON, 0, 1)).toMatchObject({ amountTotal: 1, shortage: null });
  });

  it("whose isolate died stays reserved while its impressions count, then only what they proved is spent", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...FAST, total: 40 }, "flight:f");
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
    const ask = talk(ledger, { ...FAST, daily: 4 }, "flight:f");
    const late = utcDay("UTC", NOON).endMs - 1000;
    expect(ask("a", late, 0, 1)?.expiresMs).toBe(late + 1000);
    expect(ask("a", late + 2000, 1, 5)).toMatchObject({ amountTotal: 0, shortage: "budget_unavailable" });
    expect(ledger.load().accounts["flight:f"]).toMatchObject({ spent: 1, reservedBefore: 0, day: { spent: 0 } });
  });

  it("that is open at midnight is not carried over, but what comes back of it is", () => {
    const ledger = new StoredLedger();
    const ask = talk(ledger, { ...FAST, daily: 10, carryOver: true }, "flight:f");
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
            { account: "flight:f" as const, terms: { ...FAST, total }, leaseId, heldTotal: 0, spentTotal: 0, amountTotal: 1 },
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

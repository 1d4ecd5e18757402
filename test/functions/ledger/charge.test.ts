// Clicks and conversions in the book: billed once, never above the budget, waited for and released.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Terms } from "../../../functions/ledger/account.ts";
import { type Account, LEDGER_RULES } from "../../../functions/ledger/book.ts";
import { heldOf } from "../../../functions/ledger/postings.ts";
import { CAMPAIGN, FAST, NOON, StoredLedger, talk } from "./ledger-world.ts";

const spentOf = (ledger: StoredLedger, key: string) => ledger.load().accounts[key]?.spent;

describe("clicks and conversions", () => {
  const budget: Terms = { ...FAST, total: 1000 };
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

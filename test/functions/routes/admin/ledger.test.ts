// A campaign's ledger as its editors see it: the book's own numbers, for who has an admin key.
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { readBindings } from "../../../../functions/bindings.ts";
import type { Terms } from "../../../../functions/ledger/account.ts";
import { LedgerDocument } from "../../../../functions/routes/admin/ledger.ts";
import { parse } from "../../../../shared/schemas/coded-error.ts";
import { ask, emptyCatalog, outcomeOf } from "../../admin/admin-client.ts";

const { campaignLedger } = readBindings(env);
const NOON = Date.UTC(2026, 10, 24, 12);
const terms: Terms = { total: 1000, daily: null, pacing: "as-fast-as-possible", carryOver: false, endMs: null };

beforeEach(emptyCatalog);

it("says what is spent, reserved and held, of money and of goals, also of a campaign that is no longer edited", async () => {
  const stub = campaignLedger.getByName("told");
  const campaign = { sequence: 1, timeZone: "UTC" };
  const lease = { terms, unit: 100, opportunities: 1, heldTotal: 0, spentTotal: 0, amountTotal: 100 };
  const asks = [
    { ...lease, account: "money" as const, leaseId: "i.0" },
    { ...lease, account: "holds" as const, leaseId: "i.1" },
    { ...lease, account: "flight:f" as const, leaseId: "i.2" },
  ];
  await stub.exchange({ campaign, nowMs: NOON, asks, proofs: [] });
  await stub.exchange({ campaign, nowMs: NOON, asks: [], proofs: [{ leaseId: "i.2", spentTotal: 40 }] });
  await stub.charge({ campaign, terms, nowMs: NOON, eventId: "e", priceMicros: 250 });
  const { campaignId, accounts } = parse(LedgerDocument, await (await ask("GET", "/campaigns/told/ledger")).json());
  expect(campaignId).toBe("told");
  const day = { startMs: Date.UTC(2026, 10, 24), endMs: Date.UTC(2026, 10, 25), carried: 0 };
  const common = { asOfMs: NOON, total: 1000, daily: null, passRate: 1 };
  expect(accounts).toEqual([
    { ...common, account: "flight:f", spent: 40, reserved: 60, held: 0, day: { ...day, spent: 40 } },
    { ...common, account: "money", spent: 250, reserved: 100, held: 100, day: { ...day, spent: 250 } },
  ]);
});

it("is empty for a campaign that was never asked for, unknown for no campaign, and nobody's without a key", async () => {
  expect(await outcomeOf(ask("GET", "/campaigns/nobody/ledger"))).toBe("404 entity_unknown id");
  expect(await outcomeOf(ask("GET", "/campaigns/not%20an%20id/ledger"))).toBe("422 invalid_format id");
  expect(await outcomeOf(ask("GET", "/campaigns/told/ledger", { headers: { authorization: "" } }))).toMatch(/^401 admin_key_/);
});

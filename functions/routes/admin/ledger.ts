// GET /admin/v1/campaigns/{id}/ledger: where a campaign's money and its flights' goals are, by its own book.
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { Id, TimeMs } from "../../../shared/catalog/parts.ts";
import { CodedError, parse } from "../../../shared/schemas/coded-error.ts";
import { int, number } from "../../../shared/schemas/numbers.ts";
import { strictObject } from "../../../shared/schemas/objects.ts";
import { readEntity } from "../../admin/entity-table.ts";
import type { Account, Book } from "../../ledger/book.ts";
import type { AdminContext } from "./context.ts";

/**
 * Amounts of the account `money` are micros, of `flight:ID` impressions; null is without a bound. `spent` is billed; `reserved` is in
 * leases that may still be spent, or in doubt; `held` is kept back for clicks and conversions that may come. What changes by time alone
 * is as it was at `asOfMs`.
 */
const LedgerAccount = strictObject({
  account: v.string(),
  asOfMs: TimeMs,
  total: v.nullable(int),
  daily: v.nullable(int),
  spent: int,
  reserved: int,
  held: int,
  day: strictObject({ startMs: TimeMs, endMs: TimeMs, spent: int, carried: int }),
  passRate: number,
});

/** An account is there from its first request on: `accounts` is empty for a campaign that was never eligible. */
export const LedgerDocument = strictObject({ campaignId: Id, accounts: v.array(LedgerAccount) });
export type LedgerDocument = v.InferOutput<typeof LedgerDocument>;

export function ledgerRoutes() {
  return new Hono<AdminContext>().get("/admin/v1/campaigns/:id/ledger", async (context) => {
    const { db, ledgers } = context.var.admin;
    const campaignId = parse(Id, context.req.param("id"), "id");
    const accounts = describe(await ledgers.getByName(campaignId).read());
    if (accounts.length === 0 && !(await readEntity(db, "campaigns", campaignId))) {
      throw new CodedError("entity_unknown", "id", `there is no "${campaignId}" in campaigns, and nothing was ever spent of it`);
    }
    return context.json({ campaignId, accounts } satisfies LedgerDocument);
  });
}

const describe = ({ accounts }: Book): LedgerDocument["accounts"] =>
  Object.entries(accounts).map(([account, state]) => ({ account, ...amountsOf(state) }));

function amountsOf({ asOfMs, terms, spent, reserved, reservedBefore, holds, holdsReserved, day, passRate }: Account) {
  return {
    asOfMs,
    total: terms.total,
    daily: terms.daily,
    spent,
    reserved: reserved + reservedBefore,
    held: holdsReserved + holds.reduce((sum, { amount }) => sum + amount, 0),
    day: { startMs: day.startMs, endMs: day.endMs, spent: day.spent, carried: day.carried },
    passRate,
  };
}

// The real Durable Object, asked by several isolates at once, evicted in between, and by isolates that die.
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readBindings } from "../../../functions/bindings.ts";
import type { AccountKey, Terms } from "../../../functions/ledger/account.ts";
import { LEDGER_RULES } from "../../../functions/ledger/book.ts";
import { createLeaseHolder, type LeaseHolder, type Receipt } from "../../../functions/ledger/lease-holder.ts";
import { createLedgerClient } from "../../../functions/ledger/ledger-client.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import { DAY_MS } from "./ledger-world.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";

const NOON = 20_000 * DAY_MS + DAY_MS / 2;
const DOLLAR = 1_000_000;
/** At a cpm of $1,000. */
const IMPRESSION = DOLLAR;

const { campaignLedger } = readBindings(env);
const stubOf = (campaignId: string) => campaignLedger.getByName(campaignId);

function createIsolate(clock: ManualClock, isolateId: string) {
  const metrics = createMetrics();
  const failures: true[] = [];
  const real = createLedgerClient(campaignLedger, metrics);
  const client = { ...real, exchange: (...asked: Parameters<typeof real.exchange>) => clock.track(real.exchange(...asked)) };
  const holder = createLeaseHolder({
    client,
    isolateId,
    nowMs: clock.nowMs,
    wait: clock.wait,
    onFailure: () => failures.push(true),
  });
  return { holder, metrics, failures };
}

interface Buyer {
  readonly campaignId: string;
  readonly total: number;
  readonly account?: AccountKey;
}

/** One request: prepares, reads, and commits in the same tick. */
async function attempt({ holder }: { holder: LeaseHolder }, clock: ManualClock, buyer: Buyer): Promise<Receipt | null> {
  const { campaignId, total, account = "money" } = buyer;
  const terms: Terms = { total, daily: null, pacing: "as-fast-as-possible", carryOver: false, endMs: null };
  const want = { campaignId, campaign: { sequence: 1, timeZone: "UTC" }, accounts: [{ key: account, terms, unit: IMPRESSION }] };
  await holder.prepare([want], clock.nowMs() + 50);
  const isAllowed = holder.read(campaignId, account).left >= IMPRESSION;
  const [receipt] = holder.commit(isAllowed ? [{ campaignId, account, amount: IMPRESSION }] : [], [
    { campaignId, account, count: 1 },
  ]);
  return receipt ?? null;
}

describe.each([1, 2, 7])("a budget of %i dollars, at a thousand dollars for 1,000 impressions", (dollars) => {
  it(`serves exactly ${dollars} under 1,000 concurrent requests at five isolates, the ledger evicted and aborted in between`, async () => {
    const clock = createManualClock(NOON);
    const isolates = [0, 1, 2, 3, 4].map((index) => createIsolate(clock, `i${index}`));
    const buyer = { campaignId: `dollars-${dollars}`, total: dollars * DOLLAR };
    const served: (Receipt | null)[] = [];
    for (let round = 0; round < 5; round++) {
      const requests = Array.from({ length: 200 }, (_, index) => {
        const isolate = isolates[index % isolates.length] as (typeof isolates)[0]; // % length
        return attempt(isolate, clock, buyer);
      });
      served.push(...(await Promise.all(requests)));
      if (round % 2 === 0) await evictDurableObject(stubOf(buyer.campaignId));
      else await abortAllDurableObjects();
      const flushed = isolates.map(({ holder }) => holder.flush());
      await clock.advance(30_000);
      await Promise.all(flushed);
    }
    expect(served.filter((one) => one !== null)).toHaveLength(dollars);
    expect((await stubOf(buyer.campaignId).read()).accounts.money).toMatchObject({ spent: dollars * DOLLAR, reserved: 0 });
    expect(isolates.flatMap(({ failures }) => failures)).toEqual([]);
  });
});

describe("a ledger that is aborted in the middle of its calls", () => {
  it("gives no more than there is, and in the end all of it", async () => {
    const clock = createManualClock(NOON);
    const isolates = [0, 1, 2].map((index) => createIsolate(clock, `i${index}`));
    const buyer = { campaignId: "aborted", total: 9 * DOLLAR };
    let served = 0;
    for (let round = 0; round < 20; round++) {
      const requests = isolates.map((isolate) => attempt(isolate, clock, buyer));
      if (round < 8) await abortAllDurableObjects();
      const flushed = isolates.map(({ holder }) => holder.flush());
      await clock.advance(30_000);
      served += (await Promise.all(requests)).filter((one) => one !== null).length;
      await Promise.all(flushed);
      expect(served).toBeLessThanOrEqual(9);
    }
    expect(served).toBe(9);
    expect(isolates.flatMap(({ failures }) => failures).length).toBeGreaterThan(0);
  });
});

describe("an isolate that dies", () => {
  const afterDoubtMs = LEDGER_RULES.termMs + LEDGER_RULES.impressionLifetimeMs + 3 * LEDGER_RULES.clockSkewMs;

  it("holding an unused lease, keeps its impression from the others until it cannot count any more, then one is served", async () => {
    const clock = createManualClock(NOON);
    const [dead, alive] = [createIsolate(clock, "dead"), createIsolate(clock, "alive")];
    const buyer = { campaignId: "died-unused", total: DOLLAR };
    const terms: Terms = { total: DOLLAR, daily: null, pacing: "as-fast-as-possible", carryOver: false, endMs: null };
    const campaign = { sequence: 1, timeZone: "UTC" };
    await dead.holder.prepare(
      [{ campaignId: buyer.campaignId, campaign, accounts: [{ key: "money", terms, unit: IMPRESSION }] }],
      NOON + 50,
    );
    expect(dead.holder.read(buyer.campaignId, "money").left).toBe(IMPRESSION);
    expect(await attempt(alive, clock, buyer)).toBeNull();
    expect(alive.holder.read(buyer.campaignId, "money").shortage).toBe("budget_exhausted");
    await clock.advance(afterDoubtMs - 1);
    expect(await attempt(alive, clock, buyer)).toBeNull();
    await clock.advance(2001);
    await evictDurableObject(stubOf(buyer.campaignId));
    const served = await Promise.all(Array.from({ length: 100 }, () => attempt(alive, clock, buyer)));
    expect(served.filter((one) => one !== null)).toHaveLength(1);
    expect(alive.metrics.render()).toContain("selvedge_doubted_leases_total 1");
  });

  it("after it served, is paid for by the impression that was rendered", async () => {
    const clock = createManualClock(NOON);
    const [dead, alive] = [createIsolate(clock, "dead"), createIsolate(clock, "alive")];
    const buyer = { campaignId: "died-served", total: DOLLAR };
    const receipt = (await attempt(dead, clock, buyer)) as Receipt; // there is money
    await clock.advance(60_000);
    alive.holder.prove(buyer.campaignId, receipt.leaseId, receipt.spentTotal);
    await Promise.all([alive.holder.flush(), clock.advance(20_000)]);
    await clock.advance(afterDoubtMs);
    expect(await attempt(alive, clock, buyer)).toBeNull();
    expect((await stubOf(buyer.campaignId).read()).accounts.money).toMatchObject({ spent: DOLLAR, reserved: 0 });
  });
});

describe("charges", () => {
  const terms: Terms = { total: DOLLAR, daily: null, pacing: "even", carryOver: false, endMs: null };
  const charge = (eventId: string, priceMicros: number) => {
    const campaign = { sequence: 1, timeZone: "UTC" };
    return stubOf("clicks").charge({ campaign, terms, nowMs: NOON, eventId, priceMicros });
  };

  it("are billed once each and never above the budget, whatever is repeated, with the ledger evicted in between", async () => {
    expect(await charge("a", 600_000)).toEqual({ billedMicros: 600_000, outcome: "billed" });
    await evictDurableObject(stubOf("clicks"));
    expect(await charge("a", 600_000)).toEqual({ billedMicros: 600_000, outcome: "duplicate" });
    expect(await charge("b", 600_000)).toEqual({ billedMicros: 400_000, outcome: "partly_billed" });
    expect(await charge("c", 600_000)).toEqual({ billedMicros: 0, outcome: "outcome_unbilled" });
  });
});

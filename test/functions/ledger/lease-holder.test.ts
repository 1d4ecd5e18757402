// The isolate's side against real ledgers: how often it calls, what it remembers, and what it leaves behind.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readBindings } from "../../../functions/bindings.ts";
import type { Terms } from "../../../functions/ledger/account.ts";
import { LEDGER_RULES } from "../../../functions/ledger/book.ts";
import type { ExchangeRequest } from "../../../functions/ledger/exchange.ts";
import { createLeaseHolder } from "../../../functions/ledger/lease-holder.ts";
import { createLedgerClient } from "../../../functions/ledger/ledger-client.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import { DAY_MS } from "./ledger-world.ts";
import { createManualClock } from "./manual-clock.ts";

const NOON = 20_000 * DAY_MS + DAY_MS / 2;
const { campaignLedger } = readBindings(env);
const fast: Terms = { total: null, daily: null, pacing: "as-fast-as-possible", carryOver: false, endMs: null };

let isolates = 0;

/** An isolate, and the calls it made; its line to the ledgers can be cut. */
function createIsolate() {
  const clock = createManualClock(NOON);
  const real = createLedgerClient(campaignLedger, createMetrics());
  const calls: { campaignId: string; request: ExchangeRequest }[] = [];
  const state = { isCut: false, isSlow: false, losesAnswers: false, failures: 0 };
  const client = {
    ...real,
    async exchange(campaignId: string, request: ExchangeRequest) {
      calls.push({ campaignId, request });
      if (state.isCut) throw new Error("cut");
      const answer = await clock.track(real.exchange(campaignId, request));
      if (state.losesAnswers) throw new Error("lost");
      if (state.isSlow) await clock.wait(1000);
      return answer;
    },
  };
  const isolateId = `isolate-${isolates++}`;
  const holder = createLeaseHolder({
    client,
    isolateId,
    nowMs: clock.nowMs,
    wait: clock.wait,
    onFailure: () => state.failures++,
  });
  const want = (campaignId: string, total: number, sequence = 1) => ({
    campaignId,
    campaign: { sequence, timeZone: "UTC" },
    accounts: [{ key: "flight:f" as const, terms: { ...fast, total }, unit: 1 }],
  });
  /** One request. @returns whether it could spend */
  const request = async (campaignId: string, total: number, sequence = 1) => {
    await holder.prepare([want(campaignId, total, sequence)], clock.nowMs() + 50);
    const isAllowed = holder.read(campaignId, "flight:f").left >= 1;
    const spends = isAllowed ? [{ campaignId, account: "flight:f" as const, amount: 1 }] : [];
    holder.commit(spends, [{ campaignId, account: "flight:f", count: 1 }]);
    return isAllowed;
  };
  const bookOf = async (campaignId: string) => (await campaignLedger.getByName(campaignId).read()).accounts["flight:f"];
  return { holder, clock, calls, state, want, request, bookOf };
}

describe("an isolate", () => {
  it("makes one call for all who come at once, and none while its lease lasts", async () => {
    const { calls, request, clock } = createIsolate();
    await Promise.all([1, 2, 3, 4, 5].map(() => request("once", 1_000_000)));
    expect(calls).toHaveLength(1);
    await clock.advance(0);
  });

  it("asks for as much as it spends in some seconds, so that a busy campaign needs a call every few seconds", async () => {
    const { calls, request, clock, holder, bookOf } = createIsolate();
    const flushes: Promise<void>[] = [];
    let served = 0;
    for (let tick = 0; tick < 300; tick++) {
      if (await request("busy", 1_000_000)) served++;
      if (tick === 150) calls.length = 0;
      flushes.push(holder.flush());
      await clock.advance(200);
    }
    expect(calls.length).toBeLessThanOrEqual(10); // in 30 s, 150 requests
    expect(served).toBe(300);
    await clock.advance(30_000);
    await Promise.all(flushes);
    expect(await bookOf("busy")).toMatchObject({ spent: 300, reserved: 0 });
  });

  it("returns what it does not use a few seconds after the last request", async () => {
    const { request, clock, holder, bookOf } = createIsolate();
    await request("idle", 100);
    const flushed = holder.flush();
    await clock.advance(12_000);
    await flushed;
    expect(await bookOf("idle")).toMatchObject({ spent: 1, reserved: 0 });
  });

  it("does not ask again for what is exhausted, until it may have changed", async () => {
    const { calls, request, clock } = createIsolate();
    expect(await request("gone", 1)).toBe(true);
    expect(await request("gone", 1)).toBe(false);
    const known = calls.length;
    for (let i = 0; i < 50; i++) expect(await request("gone", 1)).toBe(false);
    expect(calls).toHaveLength(known);
    expect(await request("gone", 2, 2)).toBe(true); // a newer catalog has more
    await clock.advance(0);
  });

  it("never spends after its lease's end, by its own clock", async () => {
    const { holder, clock, want } = createIsolate();
    await holder.prepare([want("late", 100)], NOON + 50);
    await clock.advance(LEDGER_RULES.termMs - 1);
    expect(holder.read("late", "flight:f").left).toBe(1);
    await clock.advance(1);
    expect(holder.read("late", "flight:f").left).toBe(0);
    expect(() => holder.commit([{ campaignId: "late", account: "flight:f", amount: 1 }], [])).toThrow("not there");
  });

  it("waits no longer than the deadline, and says that no lease came", async () => {
    const { holder, clock, state, want } = createIsolate();
    state.isSlow = true;
    const prepared = holder.prepare([want("slow", 100)], NOON + 50);
    await clock.advance(50);
    await prepared;
    expect(holder.read("slow", "flight:f")).toMatchObject({ left: 0, shortage: "budget_unavailable" });
    await clock.advance(1000);
    expect(holder.read("slow", "flight:f").left).toBe(1);
  });

  it("counts a ledger that fails, leaves it alone for a second, and then goes on as if nothing had been", async () => {
    const { calls, request, clock, state, holder, bookOf } = createIsolate();
    state.isCut = true;
    for (let i = 0; i < 20; i++) expect(await request("cut", 100)).toBe(false);
    expect([calls.length, state.failures]).toEqual([1, 1]);
    state.isCut = false;
    await clock.advance(1000);
    expect(await request("cut", 100)).toBe(true);
    state.isCut = true;
    const flushed = holder.flush();
    await clock.advance(6000);
    state.isCut = false;
    await clock.advance(20_000);
    await flushed;
    expect(await bookOf("cut")).toMatchObject({ spent: 1, reserved: 0 });
  });

  it("returns what a ledger gave it in an answer that was lost", async () => {
    const { request, clock, state, holder, bookOf } = createIsolate();
    state.losesAnswers = true;
    expect(await request("lost", 100)).toBe(false);
    expect(await bookOf("lost")).toMatchObject({ spent: 0, reserved: 1 });
    state.losesAnswers = false;
    const flushed = holder.flush();
    await clock.advance(30_000);
    await flushed;
    expect(await bookOf("lost")).toMatchObject({ spent: 0, reserved: 0 });
  });

  it("calls 40 campaigns for a request at most, and the others for the next", async () => {
    const { holder, clock, calls, want } = createIsolate();
    const wants = Array.from({ length: 50 }, (_, index) => want(`many-${index}`, 100));
    await holder.prepare(wants, NOON + 50);
    expect(calls).toHaveLength(40);
    await holder.prepare(wants, NOON + 50);
    expect(new Set(calls.map(({ campaignId }) => campaignId)).size).toBe(50);
    await clock.advance(0);
  });

  it("calls four at once where many fall due together, and those that hang do not keep the others waiting", async () => {
    const { holder, clock, calls, state, want } = createIsolate();
    const wants = Array.from({ length: 10 }, (_, index) => want(`due-${index}`, 100));
    await holder.prepare(wants, NOON + 50);
    const flushed = holder.flush();
    state.isSlow = true;
    const counts: number[] = [];
    for (const ms of [4999, 1, 999, 1, 1000]) {
      await clock.advance(ms);
      counts.push(calls.length - 10);
    }
    expect(counts).toEqual([0, 4, 4, 8, 10]);
    await clock.advance(2000);
    await flushed;
  });

  it("gives a receipt for what it spends, that proves it", async () => {
    const { holder, clock, want, bookOf } = createIsolate();
    await holder.prepare([want("proved", 100)], NOON + 50);
    const [receipt] = holder.commit([{ campaignId: "proved", account: "flight:f", amount: 1 }], []);
    expect(receipt).toMatchObject({ campaignId: "proved", account: "flight:f", amount: 1, spentTotal: 1 });
    const other = createIsolate();
    other.holder.prove("proved", receipt?.leaseId ?? "", receipt?.spentTotal ?? 0);
    const flushed = other.holder.flush();
    await other.clock.advance(10_000);
    await flushed;
    expect(await bookOf("proved")).toMatchObject({ spent: 1, reserved: 0 });
    await clock.advance(0);
  });
});

// Pacing over simulated days: what is promised is delivered, in step with the traffic, to whom chance chooses.
import { describe, expect, it } from "vitest";
import type { Terms } from "../../../functions/ledger/account.ts";
import { aheadOf, limitNow, type Plan, passRateNow, plannedBy } from "../../../functions/ledger/pacing.ts";
import { observe, ratePerMs, shareBefore, startTraffic } from "../../../functions/ledger/traffic.ts";
import { HOUR_MS, type PacedDay, playDays, type Scenario } from "./paced-days.ts";

const played = new Map<string, PacedDay[]>();

const even = (share: number, goal: number) => share * goal;
const frontLoaded = (share: number, goal: number) => (1 - (1 - share) ** 2) * goal;

function play(daily: number, change: Partial<Scenario> & { terms?: Terms } = {}, planned = even): PacedDay[] {
  const terms: Terms = { total: null, daily, pacing: "even", carryOver: false, endMs: null };
  const standard = { account: "flight:f" as const, terms, dayHours: [24, 24, 24], prices: [1], isolates: 5, winRate: 1, seed: 7 };
  const scenario: Scenario = { ...standard, opportunities: daily < 1000 ? 6000 : 25_000, ...change };
  const name = JSON.stringify([scenario, daily]);
  const days = played.get(name) ?? playDays(scenario, planned, daily);
  played.set(name, days);
  return days;
}

/** Within 2 % of the goal, and where a goal is too small for that, all of it. */
function expectDelivered(days: readonly PacedDay[], goal: number): void {
  for (const { delivered } of days) {
    expect(delivered).toBeGreaterThanOrEqual(Math.ceil(goal * 0.98));
    expect(delivered).toBeLessThanOrEqual(goal);
  }
}

describe.each([10, 100, 10_000])("%i impressions a day, two peaks, five isolates", (goal) => {
  const most = Math.max(goal * 0.02, 1);

  it("even: delivered within 2 %, and never ahead of plan by more than 2 % or one impression", () => {
    const days = play(goal);
    expectDelivered(days, goal);
    for (const { aheadOfPlan } of days) expect(aheadOfPlan).toBeLessThanOrEqual(most + 1e-6);
  });

  it("even: from the second day on, in step with the traffic that really came", () => {
    const [first, ...learned] = play(goal);
    expect(first?.aheadOfTraffic).toBeGreaterThan(goal * 0.1); // flat: the night was taken for as good as the peaks
    for (const { aheadOfTraffic, quarters } of learned) {
      expect(aheadOfTraffic).toBeLessThanOrEqual(Math.max(goal * 0.05, 1.1));
      for (const [index, delivered] of quarters.entries()) {
        expect(Math.abs(delivered - ((index + 1) * goal) / 4)).toBeLessThanOrEqual(Math.max(goal * 0.05, 1));
      }
    }
  });

  it("even: on days of 23 and of 25 hours too", () => {
    const [, ...learned] = play(goal, { dayHours: [24, 23, 24, 25] });
    expectDelivered(learned, goal);
    for (const { aheadOfTraffic } of learned) expect(aheadOfTraffic).toBeLessThanOrEqual(Math.max(goal * 0.05, 1.1));
  });

  it("front-loaded: three quarters are out when half of the traffic has passed", () => {
    const terms: Terms = { total: null, daily: goal, pacing: "front-loaded", carryOver: false, endMs: null };
    const days = play(goal, { terms }, frontLoaded);
    expectDelivered(days, goal);
    for (const { aheadOfPlan } of days) expect(aheadOfPlan).toBeLessThanOrEqual(most + 1e-6);
    for (const { quarters } of days.slice(1))
      expect(Math.abs((quarters[1] ?? 0) - goal * 0.75)).toBeLessThanOrEqual(Math.max(goal * 0.05, 1));
  });

  it("as fast as possible: to the first who come, and not one more", () => {
    const terms: Terms = { total: null, daily: goal, pacing: "as-fast-as-possible", carryOver: false, endMs: null };
    for (const { delivered, quarters } of play(goal, { terms })) {
      expect(delivered).toBe(goal);
      expect(quarters[1]).toBe(goal);
    }
  });
});

describe("money", () => {
  it("of impressions that cost from 1,000 to 9,000 micros, half of which lose their auction", () => {
    const goal = 20_000_000;
    const prices = [1000, 5000, 3000, 9000, 2500];
    const days = play(goal, { account: "money", prices, winRate: 0.5 });
    expectDelivered(days, goal);
    for (const { aheadOfPlan } of days) expect(aheadOfPlan).toBeLessThanOrEqual(goal * 0.02);
    for (const { aheadOfTraffic } of days.slice(1)) expect(aheadOfTraffic).toBeLessThanOrEqual(goal * 0.05);
  });
});

describe("a day that could not deliver", () => {
  const carrying = (carryOver: boolean): Terms => ({ total: null, daily: 300, pacing: "even", carryOver, endMs: null });

  it("leaves the rest to the next ones, where the account carries over", () => {
    const days = play(300, { terms: carrying(true), opportunities: 250 });
    expect(days.reduce((sum, { delivered }) => sum + delivered, 0)).toBeGreaterThan(700);
    const [, second] = play(300, { terms: carrying(true), opportunities: 2000, dayHours: [24, 24] });
    expect(second?.delivered).toBeLessThanOrEqual(310);
  });
});

describe("a total without a day's amount", () => {
  it("is spread over the days until its end", () => {
    const endMs = (20_000 + 3) * 24 * HOUR_MS;
    const days = play(100, { terms: { total: 300, daily: null, pacing: "even", carryOver: false, endMs } });
    for (const { delivered } of days) expect(Math.abs(delivered - 100)).toBeLessThanOrEqual(2);
    expect(days.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(300);
  });

  it("has no plan without an end", () => {
    const [first] = play(100, { terms: { total: 300, daily: null, pacing: "even", carryOver: false, endMs: null } });
    expect(first?.delivered).toBe(300);
  });
});

describe("the parts", () => {
  const day = { startMs: 0, endMs: 24 * HOUR_MS };
  const plan: Plan = { pacing: "even", amount: 1000, day, fromMs: 0, toMs: day.endMs };

  it("a plan without a known day follows the clock; with one, the traffic", () => {
    expect(plannedBy(plan, { mean: null }, 6 * HOUR_MS)).toBeCloseTo(250);
    const mean = Array.from({ length: 48 }, (_, slot) => (slot < 24 ? 1 : 3));
    expect(plannedBy(plan, { mean }, 12 * HOUR_MS)).toBeCloseTo(250);
    expect(plannedBy({ ...plan, pacing: "front-loaded" }, { mean }, 12 * HOUR_MS)).toBeCloseTo(437.5);
    expect(plannedBy({ ...plan, fromMs: 12 * HOUR_MS }, { mean }, 18 * HOUR_MS)).toBeCloseTo(500);
    expect(plannedBy({ ...plan, toMs: 12 * HOUR_MS }, { mean }, 6 * HOUR_MS)).toBeCloseTo(500);
  });

  it("a day's last hours are known by their distance from its end", () => {
    const mean = Array.from({ length: 48 }, (_, slot) => (slot < 46 ? 0.0001 : 1));
    for (const hours of [23, 24, 25])
      expect(shareBefore({ mean }, { startMs: 0, endMs: hours * HOUR_MS }, (hours - 1) * HOUR_MS)).toBeLessThan(0.5);
  });

  it("the limit is ahead of the plan by 2 %, or by one impression", () => {
    expect(limitNow(plan, { mean: null }, 1, 6 * HOUR_MS)).toBe(270);
    expect(limitNow({ ...plan, amount: 10 }, { mean: null }, 1, 6 * HOUR_MS)).toBe(3);
    expect(limitNow(plan, { mean: null }, 1, day.endMs)).toBe(1000);
    expect(aheadOf(plan, 50)).toBe(50);
  });

  it("the pass rate is what is missing over what is expected: 0 is never reached, nor is 1 exceeded", () => {
    const traffic = startTraffic(day, 1, 0);
    for (let nowMs = 1000; nowMs <= 6 * HOUR_MS; nowMs += 1000) {
      observe(traffic, day, { opportunities: 1, spent: 0.5, passRate: 0.5 }, nowMs); // every one that passes is spent
    }
    expect(ratePerMs(traffic, 6 * HOUR_MS) * 1000).toBeCloseTo(1, 1);
    const rate = (spent: number) => passRateNow(plan, traffic, spent, 1, 6 * HOUR_MS);
    expect(rate(250)).toBeCloseTo((1000 / 144 + 10) / 600, 2);
    expect(rate(0)).toBeLessThan(1);
    expect(rate(-1000)).toBe(1);
    expect(rate(900)).toBe(1e-6);
  });
});

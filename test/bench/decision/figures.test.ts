// The benchmark's figures, from made-up measurements.
import { describe, expect, it } from "vitest";
import { CASES, type CaseName } from "./cases.ts";
import { figuresOf } from "./figures.ts";
import type { Served } from "./measure.ts";

const served = (perSecond: number, p99Ms: number): Served => ({ perSecond, p99Ms, p50Ms: 1, cpuMs: 1, answerBytes: 1 });
const comparison = {
  saturated: { decision: served(400, 80), floor: served(1600, 20), echo: served(8000, 4) },
  sameRate: { decision: served(200, 9), floor: served(200, 7), echo: served(200, 6), offeredPerSecond: 200 },
};
const cpuMs: Partial<Record<CaseName, number>> = { "about 50 scored": 2, "about 50 scored, with neither": 0.75 };
const names = Object.keys(CASES) as CaseName[]; // its keys
const cases = Object.fromEntries(names.map((name) => [name, { cpuMs: cpuMs[name] ?? 99 }])) as Record<
  CaseName,
  { cpuMs: number }
>;

describe("figuresOf", () => {
  const figures = figuresOf(comparison, cases, 120);

  it("compares throughput with the echo's and with the floor's, all saturated", () => {
    expect(figures).toMatchObject({ throughputRatio: 0.05, floorRatio: 0.2, throughputToFloor: 0.25 });
  });

  it("compares tails at the same rate, and apart from that where each is at its own", () => {
    expect(figures).toMatchObject({ p99Ratio: 1.5, offeredPerSecond: 200, p99RatioSaturated: 20 });
  });

  it("takes the CPU of the cases with about 50 candidates", () => {
    expect(figures).toMatchObject({ cpuMsPerDecision: 2, cpuMsWithoutObjects: 0.75, eligibility10kUs: 120 });
  });
});

// The figures that the goals are set in, from what was measured.
import type { CaseName } from "./cases.ts";
import type { Comparison } from "./comparison.ts";
import type { Served } from "./measure.ts";

export interface Figures {
  /** Of decisions a second to echoes a second, over 16 connections that are always busy. */
  readonly throughputRatio: number;
  /** Of the floor to the echo. */
  readonly floorRatio: number;
  /** Of decisions to the floor. */
  readonly throughputToFloor: number;
  /** Of decisions to echoes, at the same rate. */
  readonly p99Ratio: number;
  readonly offeredPerSecond: number;
  /** The same where both are saturated, each at its own rate. All connections wait for their turn: hardly less than 1 / throughputRatio. */
  readonly p99RatioSaturated: number;
  /** Of the whole process, about 50 candidates scored. */
  readonly cpuMsPerDecision: number;
  /** The same without caps and budgets: no Durable Object takes part. */
  readonly cpuMsWithoutObjects: number;
  readonly eligibility10kUs: number;
}

export function figuresOf(
  { saturated, sameRate }: Pick<Comparison, "saturated" | "sameRate">,
  cases: Readonly<Record<CaseName, Pick<Served, "cpuMs">>>,
  eligibility10kUs: number,
): Figures {
  const { decision, floor, echo } = saturated;
  return {
    throughputRatio: decision.perSecond / echo.perSecond,
    floorRatio: floor.perSecond / echo.perSecond,
    throughputToFloor: decision.perSecond / floor.perSecond,
    p99Ratio: sameRate.decision.p99Ms / sameRate.echo.p99Ms,
    offeredPerSecond: sameRate.offeredPerSecond,
    p99RatioSaturated: decision.p99Ms / echo.p99Ms,
    cpuMsPerDecision: cases["about 50 scored"].cpuMs,
    cpuMsWithoutObjects: cases["about 50 scored, with neither"].cpuMs,
    eligibility10kUs,
  };
}

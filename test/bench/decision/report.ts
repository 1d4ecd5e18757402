// What people read of the benchmark: who served how many, what the platform takes, the cases, the figures, and how it was done.
import type { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import type { CaseResult } from "./cases.ts";
import { CONNECTION_COUNT, type Compared, type Comparison } from "./comparison.ts";
import type { Figures } from "./figures.ts";
import { FLOOR_PARTS, type FloorPart } from "./floor.ts";
import type { Served } from "./measure.ts";

const HEAD = ["a second", "p50 ms", "p99 ms", "CPU ms"];

export interface Result {
  readonly machine: ReturnType<typeof describeMachine>;
  readonly comparison: Comparison;
  readonly cases: Readonly<Record<string, CaseResult>>;
  readonly figures: Figures;
}

export function describeResult({ machine, comparison, cases, figures }: Result): string {
  const { saturated, oneConnection, sameRate } = comparison;
  return [
    formatTable([["1 connection", ...HEAD], ...rowsOf(oneConnection)]),
    formatTable([[`${CONNECTION_COUNT} connections, always busy`, ...HEAD], ...rowsOf(saturated)]),
    formatTable([[`${CONNECTION_COUNT} connections, ${sameRate.offeredPerSecond} a second due`, ...HEAD], ...rowsOf(sameRate)]),
    describeFloor(comparison),
    describeCases(cases),
    Object.entries(figures)
      .map(([name, value]) => `${name} ${Number(value).toPrecision(3)}`)
      .join(", "),
    `${machine.cores} cores, ${machine.cpu}; load ${machine.loadAtStart?.toFixed(1)} before the start`,
    NOTES,
  ].join("\n\n");
}

function rowOf(name: string, { perSecond, p50Ms, p99Ms, cpuMs }: Served): string[] {
  return [name, perSecond.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2), cpuMs.toFixed(3)];
}

const rowsOf = ({ decision, floor, echo }: Compared): string[][] => [
  rowOf("decision", decision),
  rowOf("floor", floor),
  rowOf("Hono echo", echo),
];

/** What a part adds is said in CPU: on a busy machine wall-clock times are a matter of luck. */
function describeFloor({ saturated, floorParts }: Comparison): string {
  let before = saturated.echo;
  const rows = Object.entries(FLOOR_PARTS).map(([part, name]) => {
    const served = floorParts[part as FloorPart]; // its keys
    const addsUs = (served.cpuMs - before.cpuMs) * 1000;
    before = served;
    return [...rowOf(`+ ${name}`, served), addsUs.toFixed(0)];
  });
  const head = [`what the platform takes for the same I/O, ${CONNECTION_COUNT} connections`, ...HEAD, "adds us of CPU"];
  return formatTable([head, [...rowOf("Hono echo", saturated.echo), ""], ...rows]);
}

function describeCases(cases: Readonly<Record<string, CaseResult>>): string {
  const rows = Object.entries(cases).map(([name, one]) => [
    ...rowOf(name, one),
    one.scored.toFixed(0),
    one.recordBytes.toFixed(0),
    one.recordsPerMessage.toFixed(1),
  ]);
  const head = [`decisions, ${CONNECTION_COUNT} connections`, ...HEAD, "scored", "record bytes", "records a message"];
  return formatTable([head, ...rows]);
}

const NOTES = `Decisions, floor and echo are warmed until their throughput is steady, then measured in turns; medians over the rounds. Where requests are due
at fixed times, latency counts from then, whether or not a connection was free (https://github.com/giltene/wrk2). CPU is that of the
whole process of workerd: the Worker with its Durable Objects, which in production are elsewhere. Their databases are files in the system's
temporary folder (TMPDIR): where that is a slow disk, every hold waits for it. Records go through the queue's producer to a consumer in
another process, which acknowledges them. The model is a DCN-v2 of the size of npm start's, shortly trained on made-up impressions; the
same scores conversions for those who pay for them. 300 readers come back, so that their objects are awake.`;

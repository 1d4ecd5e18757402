// Events -> labelled examples: which decisions were shown, what came of them inside the attribution window, and what was left out.
import { rm } from "node:fs/promises";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import {
  ATTRIBUTE_OUTCOMES,
  COUNT,
  COUNT_DROPPED,
  DROP_DUPLICATES,
  FIND_IMPRESSIONS,
  FIND_SLOTS,
  LABEL_SLOTS,
  MEASURE_SETTLING,
  READ_LINES,
  writeExamples,
} from "./join-sql.ts";

/** Why a line, an impression, an outcome or a decision is not, or not behind, an example. */
export const DROP_REASONS = [
  "line_malformed",
  "duplicate",
  "impression_without_decision",
  "outcome_without_decision",
  "outcome_without_impression",
  "outcome_outside_window",
  "nothing_served",
  "not_shown",
  "features_missing",
  "outcome_pending",
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface JoinRequest {
  /** NDJSON, in any order, with any duplicates. */
  readonly eventFile: string;
  /** Parquet, in time order; written anew. See `exampleSource`. */
  readonly exampleFile: string;
  /** What makes a label 1. */
  readonly outcome: "click" | "conversion";
  /** How long after an impression its outcome still counts. */
  readonly windowMs: number;
  /**
   * How old an impression must be before the absence of an outcome is a 0; null measures it: the delay within which 99.9 % of the
   * outcomes came. Younger ones are left out whatever came of them, since keeping only the quick clicks would lie about the rate.
   */
  readonly settleMs: number | null;
  readonly nowMs: number;
}

export interface JoinCounts {
  /** Distinct events that were read, by type. */
  readonly events: Readonly<Record<"decision" | "impression" | "click" | "conversion", number>>;
  readonly lines: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly examples: number;
  readonly positives: number;
  readonly settleMs: number;
}

/** Beside the measured delay: an event takes about a queue's batch timeout to reach the store. */
const SETTLE_MARGIN_MS = 2000;

/**
 * @example await joinEvents({ eventFile, exampleFile, outcome: "click", windowMs: 1_800_000, settleMs: null, nowMs: Date.now() });
 */
export async function joinEvents(request: JoinRequest): Promise<JoinCounts> {
  const workFile = `${request.exampleFile}.work`; // on disk, so that the join may be larger than memory
  await rm(workFile, { force: true });
  const instance = await DuckDBInstance.create(workFile);
  const connection = await instance.connect();
  try {
    return await runStages(connection, request);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(workFile, { force: true });
  }
}

async function runStages(connection: DuckDBConnection, request: JoinRequest): Promise<JoinCounts> {
  const { eventFile, exampleFile, outcome, windowMs, nowMs } = request;
  await connection.run(READ_LINES, { file: eventFile });
  await connection.run(DROP_DUPLICATES);
  await connection.run(FIND_SLOTS);
  await connection.run(FIND_IMPRESSIONS);
  await connection.run(ATTRIBUTE_OUTCOMES, { outcome, windowMs });
  const settleMs = request.settleMs ?? (await measureSettling(connection, windowMs));
  await connection.run(LABEL_SLOTS, { settledBeforeMs: nowMs - settleMs, windowMs });
  await connection.run(writeExamples(exampleFile));
  return { ...(await count(connection)), settleMs };
}

async function measureSettling(connection: DuckDBConnection, windowMs: number): Promise<number> {
  const reader = await connection.runAndReadAll(MEASURE_SETTLING, { windowMs, marginMs: SETTLE_MARGIN_MS });
  return Number(reader.getRowsJS()[0]?.[0]);
}

async function count(connection: DuckDBConnection): Promise<Omit<JoinCounts, "settleMs">> {
  const of = await readCounts(connection, COUNT);
  const dropped = await readCounts(connection, COUNT_DROPPED);
  return {
    lines: of("lines"),
    events: { decision: of("decision"), impression: of("impression"), click: of("click"), conversion: of("conversion") },
    dropped: Object.fromEntries(DROP_REASONS.map((reason) => [reason, dropped(reason)])) as JoinCounts["dropped"], // has them all
    examples: of("examples"),
    positives: of("positives"),
  };
}

/** Counts by name; 0 for a name that the query does not give. */
async function readCounts(connection: DuckDBConnection, sql: string): Promise<(name: string) => number> {
  const reader = await connection.runAndReadAll(sql);
  const counts = new Map(reader.getRowsJS().map(([name, value]) => [String(name), Number(value)]));
  return (name) => counts.get(name) ?? 0;
}

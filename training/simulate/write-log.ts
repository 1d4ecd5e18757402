// The simulated event log on disk: NDJSON batches under production's keys, and truth.ndjson beside them.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { eventKey } from "../../shared/artifact/keys.ts";
import type { Event } from "../../shared/schemas/events.ts";
import { type TruthRow, visitEvents, visitTruth } from "./event-log.ts";
import { type Crowd, visits } from "./visits.ts";

/** Events in one batch at most: some ten megabytes. */
const MAX_BATCH_EVENTS = 5000;

/** Writes `{directory}/events/date=.../hour=.../{batch}.ndjson` and `{directory}/truth.ndjson`; answers with the truth. */
export async function writeLog(crowd: Crowd, directory: string): Promise<TruthRow[]> {
  const open = new Map<string, string[]>();
  const truth: TruthRow[] = [];
  let batchCount = 0;
  const flush = async (hour: string): Promise<void> => {
    const batchId = `sim-${crowd.market.seed}-${crowd.crowd}-${String(batchCount++).padStart(6, "0")}`;
    await writeLines(join(directory, `${hour}${batchId}.ndjson`), open.get(hour) ?? []);
    open.delete(hour);
  };
  const append = async (event: Event): Promise<void> => {
    const hour = eventKey(event.timeMs, "").replace(/\.ndjson$/, "");
    const lines = open.get(hour) ?? [];
    open.set(hour, lines);
    lines.push(JSON.stringify(event));
    if (lines.length === MAX_BATCH_EVENTS) await flush(hour);
  };
  for (const visit of visits(crowd)) {
    for (const event of visitEvents(visit, crowd.policy)) await append(event);
    truth.push(...visitTruth(visit));
    // Visits come in time order: of an hour more than one before this one, only late outcomes are still to come.
    const oldest = open.keys().next().value;
    if (open.size > 2 && oldest !== undefined) await flush(oldest);
  }
  for (const hour of open.keys()) await flush(hour);
  await writeLines(
    join(directory, "truth.ndjson"),
    truth.map((row) => JSON.stringify(row)),
  );
  return truth;
}

async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, lines.map((line) => `${line}\n`).join(""));
}

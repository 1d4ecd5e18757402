// Event objects of a time range -> one local NDJSON file: what a join reads.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ObjectStore } from "../../shared/artifact/store.ts";

/** By the hour in which events were received, both ends included. */
export interface EventRange {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface DownloadCounts {
  readonly objects: number;
  readonly sizeBytes: number;
  /** Listed, but gone when they were to be read: a lifecycle rule was faster. */
  readonly vanished: number;
}

/** Objects asked for at the same time; with batches of 100 events each they take a few megabytes. */
const CONCURRENCY = 16;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LINE_FEED = 10;

/** Writes `file` anew. Throws a `StoreFailure` rather than leave events out. */
export async function downloadEvents(
  store: Pick<ObjectStore, "get" | "list">,
  range: EventRange,
  file: string,
): Promise<DownloadCounts> {
  const keys = await listEventKeys(store, range);
  let [sizeBytes, vanished] = [0, 0];
  const read = async (key: string): Promise<Uint8Array> => {
    const stored = await store.get(key);
    sizeBytes += stored?.bytes.byteLength ?? 0;
    vanished += stored ? 0 : 1;
    return endLine(stored?.bytes ?? new Uint8Array());
  };
  await pipeline(Readable.from(keys).map(read, { concurrency: CONCURRENCY }), createWriteStream(file));
  return { objects: keys.length - vanished, sizeBytes, vanished };
}

/** A day a listing, so that a short range costs little in a bucket that holds years. */
async function listEventKeys(store: Pick<ObjectStore, "list">, { sinceMs, untilMs }: EventRange): Promise<string[]> {
  const keys: string[] = [];
  for (let dayMs = floorTo(sinceMs, DAY_MS); dayMs <= untilMs; dayMs += DAY_MS) {
    const prefix = `events/date=${new Date(dayMs).toISOString().slice(0, 10)}/`;
    keys.push(...(await store.list(prefix)).filter((key) => isWithin(hourOf(key), sinceMs, untilMs)));
  }
  return keys;
}

/** Start of the hour that a key names; NaN where it is not one of ours, which is in no range. */
function hourOf(key: string): number {
  const [, date, hour] = /^events\/date=([\d-]{10})\/hour=(\d\d)\/[^/]+\.ndjson$/.exec(key) ?? [];
  return Date.parse(`${date}T${hour}:00:00Z`);
}

const isWithin = (hourMs: number, sinceMs: number, untilMs: number): boolean =>
  hourMs >= floorTo(sinceMs, HOUR_MS) && hourMs <= untilMs;

const floorTo = (timeMs: number, unitMs: number): number => Math.floor(timeMs / unitMs) * unitMs;

function endLine(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.at(-1) === LINE_FEED) return bytes;
  const ended = new Uint8Array(bytes.length + 1);
  ended.set(bytes);
  ended[bytes.length] = LINE_FEED;
  return ended;
}

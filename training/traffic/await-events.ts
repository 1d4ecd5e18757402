// Waits until events that were sent can be read from the store: the queue delivers a little later.
import { setTimeout as sleep } from "node:timers/promises";
import { eventKey } from "../../shared/artifact/keys.ts";
import type { ObjectReader, ObjectStore } from "../../shared/artifact/store.ts";

const HOUR_MS = 3_600_000;
const POLL_MS = 250;

/** `missingCount` is 0 where all were found before the deadline. */
export interface Arrival {
  readonly missingCount: number;
  readonly waitedMs: number;
}

/**
 * Reads the batches received since `firstMs` until every id was seen, at most `timeoutMs`.
 *
 * @example await awaitEvents(store, tally.eventIds, startedMs, 30_000);
 */
export async function awaitEvents(
  store: Pick<ObjectStore, "get" | "list">,
  eventIds: ReadonlySet<string>,
  firstMs: number,
  timeoutMs: number,
): Promise<Arrival> {
  const startedMs = Date.now();
  const missing = new Set(eventIds);
  const read = new Set<string>();
  while (missing.size > 0) {
    const keys = (await Promise.all(hourPrefixes(firstMs, Date.now()).map((prefix) => store.list(prefix)))).flat();
    for (const key of keys.filter((key) => !read.has(key))) {
      for (const id of await readEventIds(store, key)) missing.delete(id);
      read.add(key);
    }
    if (missing.size === 0 || Date.now() - startedMs > timeoutMs) break;
    await sleep(POLL_MS);
  }
  return { missingCount: missing.size, waitedMs: Date.now() - startedMs };
}

/** Prefixes of the hours from first to last, both included. */
function hourPrefixes(firstMs: number, lastMs: number): string[] {
  const firstHour = Math.floor(firstMs / HOUR_MS);
  const hourCount = Math.floor(lastMs / HOUR_MS) - firstHour + 1;
  return Array.from({ length: hourCount }, (_, hour) => eventKey((firstHour + hour) * HOUR_MS, "").replace(".ndjson", ""));
}

async function readEventIds(store: ObjectReader, key: string): Promise<string[]> {
  const object = await store.get(key);
  const lines = new TextDecoder().decode(object?.bytes).split("\n");
  return lines.filter((line) => line !== "").map((line) => (JSON.parse(line) as { id: string }).id); // the consumer wrote events
}

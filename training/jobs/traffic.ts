// THE story of a run of traffic: simulated visitors over real HTTP, then the wait until what they did can be read.
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Market } from "../simulate/market.ts";
import { type Arrival, awaitEvents } from "../traffic/await-events.ts";
import { type Client, createClient } from "../traffic/client.ts";
import { createTally, type Tally } from "../traffic/tally.ts";
import { visitPage } from "../traffic/visit-page.ts";

export interface TrafficRequest {
  readonly market: Market;
  /** Which visitors come: the same crowd is the same people with the same luck. */
  readonly crowd: number;
  readonly visitorCount: number;
  readonly origin: string;
  readonly concurrency: number;
  /** Where the events will appear; null does not wait for them. */
  readonly eventStore: ObjectStore | null;
  readonly onVisit?: (tally: Tally) => void;
}

export interface TrafficReport {
  readonly tally: Tally;
  readonly seconds: number;
  readonly arrival: Arrival | null;
}

const ARRIVAL_TIMEOUT_MS = 60_000;

/** Throws `CodedError`: `worker_unreachable`. What fails later is counted in the tally. */
export async function runTraffic(request: TrafficRequest): Promise<TrafficReport> {
  const { market, crowd, visitorCount, origin, concurrency, eventStore, onVisit } = request;
  const client = createClient(origin, concurrency);
  const tally = createTally();
  const startedMs = Date.now();
  try {
    await greet(client);
    let next = 0;
    const walk = async (): Promise<void> => {
      while (next < visitorCount) {
        await visitPage({ market, crowd, index: next++, client, nowMs: () => Date.now(), tally });
        onVisit?.(tally);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, walk));
  } finally {
    client.close();
  }
  const seconds = (Date.now() - startedMs) / 1000;
  const arrival = eventStore && (await awaitEvents(eventStore, tally.eventIds, startedMs, ARRIVAL_TIMEOUT_MS));
  return { tally, seconds, arrival };
}

async function greet(client: Client): Promise<void> {
  const answer = await client.get(`${client.origin}/healthz`).catch((cause: unknown) => {
    const detail = "nothing answers there; start the Worker with: npm start";
    throw new CodedError("worker_unreachable", client.origin, detail, undefined, { cause });
  });
  if (answer.status >= 500)
    throw new CodedError("worker_unreachable", client.origin, `/healthz answered ${answer.status}; look at the Worker's log`);
}

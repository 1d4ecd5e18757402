// POST /v1/events: conversions, reported from outside. Answers only when all of them are safe, so that the sender may simply retry.
import { Hono } from "hono/tiny";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Event, EventsRequest } from "../../shared/schemas/events.ts";
import { type ReadConversion, readConversion } from "../events/conversions.ts";
import { type BillOutcome, billSafely } from "../events/outcomes.ts";
import type { EventSink } from "../events/sink.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";

export interface EventDependencies {
  readonly sink: EventSink;
  readonly trackingKey: CryptoKey | Promise<CryptoKey>;
  readonly billOutcome: BillOutcome;
  readonly nowMs: () => number;
  readonly metrics: Pick<Metrics, "eventsAccepted" | "trackingRefusals">;
}

export function eventRoutes(dependencies: EventDependencies) {
  const { sink, trackingKey, metrics, nowMs } = dependencies;
  return new Hono().post("/v1/events", async (context) => {
    const { events: sent } = await readJsonBody(context, EventsRequest, ["application/json", "text/plain"]); // beacons come as text
    const [key, now] = [await trackingKey, nowMs()];
    const read = await Promise.all(sent.map((one, index) => readConversion(one, `events[${index}]`, key, now)));
    await accept(
      sink,
      read.map(({ event }) => event),
    );
    metrics.eventsAccepted.add({ type: "conversion" }, read.length);
    for (const bill of billsOf(read, dependencies)) context.executionCtx.waitUntil(bill);
    return context.json({ accepted: read.length }, 202);
  });
}

function billsOf(read: readonly ReadConversion[], { metrics, billOutcome }: EventDependencies): Promise<void>[] {
  return read.flatMap(({ event, claims, late }) => {
    if (late) metrics.trackingRefusals.add({ kind: "conversion", reason: "token_expired" });
    return claims ? [billSafely({ event, claims }, { billOutcome })] : [];
  });
}

/** All or an error: what was accepted before a failure is sent again under the same ids, and counts once. */
async function accept(sink: EventSink, events: readonly Event[]): Promise<void> {
  try {
    await sink.write(events);
  } catch (error) {
    const detail = "the events could not be stored; send all of them again, with the same ids";
    throw new CodedError("queue_unavailable", "", detail, undefined, { cause: error });
  }
}

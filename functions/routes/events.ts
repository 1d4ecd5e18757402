// POST /v1/events: conversions, reported from outside. Answers only when all of them are safe, so that the sender may simply retry.
import { Hono } from "hono/tiny";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Event, EventsRequest } from "../../shared/schemas/events.ts";
import type { EventSink } from "../events/sink.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";

export interface EventDependencies {
  readonly sink: EventSink;
  readonly metrics: Pick<Metrics, "eventsAccepted">;
}

export function eventRoutes({ sink, metrics }: EventDependencies) {
  return new Hono().post("/v1/events", async (context) => {
    const { events } = await readJsonBody(context, EventsRequest, ["application/json", "text/plain"]); // beacons come as text
    await accept(sink, events);
    metrics.eventsAccepted.add({ type: "conversion" }, events.length);
    return context.json({ accepted: events.length }, 202);
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

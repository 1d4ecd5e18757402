// Hands events on behind a response: what cannot be recorded is reported and counted, and takes nothing from the reader.
import type { Event } from "../../shared/schemas/events.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { EventSink } from "./sink.ts";

export interface RecordDependencies {
  readonly sink: EventSink;
  readonly metrics: Pick<Metrics, "eventsAccepted" | "eventsLost">;
}

export async function recordEvents(events: readonly Event[], { sink, metrics }: RecordDependencies): Promise<void> {
  try {
    await sink.write(events);
    for (const { type } of events) metrics.eventsAccepted.add({ type });
  } catch (error) {
    reportError(error);
    metrics.eventsLost.add({ reason: "sink_failed" }, events.length);
  }
}

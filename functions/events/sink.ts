// The event sink port: where decisions and outcomes go. A sink that fails is counted; it never fails a decision.
import type { Event } from "../../shared/schemas/events.ts";

export interface EventSink {
  /** Accepts events for delivery, at least once. Throws where it could not accept all of them. */
  write(events: readonly Event[]): Promise<void>;
}

/** Records an event behind a response, when others share its way; never rejects. What that can lose is said at `EventRecorder`. */
export type RecordEvent = (event: Event) => Promise<void>;

/**
 * Why an event was lost: the queue refused it; too many waited; no line could be made of it; or its request was cut off before the queue
 * answered, so that it may have arrived after all.
 */
export type EventLoss = "sink_failed" | "buffer_full" | "event_unwritable" | "answer_missing";

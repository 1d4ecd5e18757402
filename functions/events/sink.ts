// The event sink port: where decisions and outcomes go. A sink that fails is counted; it never fails a decision.
import type { Event } from "../../shared/schemas/events.ts";

export interface EventSink {
  /** Accepts events for delivery, at least once. Throws where it could not accept all of them. */
  write(events: readonly Event[]): Promise<void>;
}

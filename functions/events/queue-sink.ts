// The event sink over a Cloudflare Queue: one event a message, as many messages a call as its limits allow.
import type { Event } from "../../shared/schemas/events.ts";
import { fitEvent, type SizedEvent, type TrimReason } from "./event-size.ts";
import type { EventSink } from "./sink.ts";

/** Limits of Cloudflare Queues (https://developers.cloudflare.com/queues/platform/limits/): 100 messages and 256 KB a call, 128 KB a message. */
const MAX_CALL_MESSAGES = 100;
const MAX_CALL_BYTES = 256_000;
const MAX_MESSAGE_BYTES = 128_000;

/** What the queue adds to a message for itself: about 100 bytes, says its documentation. */
const MESSAGE_OVERHEAD_BYTES = 200;

export function createQueueSink(queue: Pick<Queue<Event>, "sendBatch">, onTrim: (reason: TrimReason) => void): EventSink {
  return {
    async write(events) {
      const sized = events.map((event) => fitEvent(event, MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES, onTrim));
      await Promise.all(chunk(sized).map((messages) => queue.sendBatch(messages)));
    },
  };
}

/** Splits in order into calls that the queue will take. */
function chunk(events: readonly SizedEvent[]): { body: Event; contentType: "json" }[][] {
  const calls: { body: Event; contentType: "json" }[][] = [];
  let callBytes = Number.POSITIVE_INFINITY;
  for (const { event, sizeBytes } of events) {
    const messageBytes = sizeBytes + MESSAGE_OVERHEAD_BYTES;
    if (callBytes + messageBytes > MAX_CALL_BYTES || calls.at(-1)?.length === MAX_CALL_MESSAGES) {
      calls.push([]);
      callBytes = 0;
    }
    calls.at(-1)?.push({ body: event, contentType: "json" });
    callBytes += messageBytes;
  }
  return calls;
}

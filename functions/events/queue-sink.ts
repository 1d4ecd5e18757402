// The event sink over a Cloudflare Queue: small events share a message, and messages share a call, as its limits allow.
import { fitEvent, type TrimReason } from "./event-size.ts";
import type { EventSink } from "./sink.ts";

/** Limits of Cloudflare Queues (https://developers.cloudflare.com/queues/platform/limits/): 100 messages and 256 KB a call, 128 KB a message. */
const MAX_CALL_MESSAGES = 100;
const MAX_CALL_BYTES = 256_000;
const MAX_MESSAGE_BYTES = 128_000;

/** What the queue adds to a message for itself: about 100 bytes, says its documentation. */
const MESSAGE_OVERHEAD_BYTES = 200;

/**
 * Events share a message up to here. The queue charges by message, and the consumer writes an object for every 100 of them: sharing makes
 * both fewer, while 100 full messages are still small against an isolate's 128 MB.
 */
const SHARED_MESSAGE_BYTES = 16_000;

/** The body of a message: events as JSON, a line each. They are written once, and stored as they are. */
export type EventMessage = string;

type Producer = Pick<Queue<EventMessage>, "send" | "sendBatch">;

export function createQueueSink(queue: Producer, onTrim: (reason: TrimReason) => void): EventSink {
  return {
    async write(events) {
      const lines = events.map((event) => fitEvent(event, MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES, onTrim));
      const messages = group(lines, SHARED_MESSAGE_BYTES, Number.POSITIVE_INFINITY).map((inside) => ({
        body: inside.map(({ line }) => line).join("\n"),
        sizeBytes: MESSAGE_OVERHEAD_BYTES + inside.reduce((sum, { sizeBytes }) => sum + sizeBytes + 1, 1),
      }));
      const calls = group(messages, MAX_CALL_BYTES, MAX_CALL_MESSAGES);
      await Promise.all(
        calls.map((call) =>
          send(
            queue,
            call.map(({ body }) => body),
          ),
        ),
      );
    },
  };
}

/** One message travels as it is; in a batch it would be written once more, as base64 in JSON. */
async function send(queue: Producer, bodies: readonly EventMessage[]): Promise<void> {
  const [first] = bodies;
  if (first !== undefined && bodies.length === 1) await queue.send(first, { contentType: "text" });
  else await queue.sendBatch(bodies.map((body) => ({ body, contentType: "text" })));
}

/** Cuts into groups, in order, of at most `maxCount` and together at most `maxSizeBytes`; what is larger is alone. */
function group<T extends { readonly sizeBytes: number }>(items: readonly T[], maxSizeBytes: number, maxCount: number): T[][] {
  const groups: T[][] = [];
  let sizeBytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    sizeBytes += item.sizeBytes;
    if (sizeBytes > maxSizeBytes || groups.at(-1)?.length === maxCount) {
      groups.push([]);
      sizeBytes = item.sizeBytes;
    }
    groups.at(-1)?.push(item);
  }
  return groups;
}

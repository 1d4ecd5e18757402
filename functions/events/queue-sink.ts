// The event sink over a Cloudflare Queue: small events share a message, and messages share a call, as its limits allow.
import { fitEvent, type TrimReason } from "./event-size.ts";
import {
  type EventMessage,
  joinLines,
  MAX_LINE_BYTES,
  MESSAGE_OVERHEAD_BYTES,
  SHARED_MESSAGE_BYTES,
  sendMessage,
  sizeOfLines,
} from "./queue-message.ts";
import type { EventSink } from "./sink.ts";

/** Limits of Cloudflare Queues (https://developers.cloudflare.com/queues/platform/limits/): 100 messages and 256 KB a call. */
const MAX_CALL_MESSAGES = 100;
const MAX_CALL_BYTES = 256_000;

type Producer = Pick<Queue<EventMessage>, "send" | "sendBatch">;

export function createQueueSink(queue: Producer, onTrim: (reason: TrimReason) => void): EventSink {
  return {
    async write(events) {
      const lines = events.map((event) => fitEvent(event, MAX_LINE_BYTES, onTrim));
      const messages = group(lines, SHARED_MESSAGE_BYTES, Number.POSITIVE_INFINITY).map((inside) => ({
        body: joinLines(inside),
        sizeBytes: MESSAGE_OVERHEAD_BYTES + sizeOfLines(inside),
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

async function send(queue: Producer, bodies: readonly EventMessage[]): Promise<void> {
  const [first] = bodies;
  if (first !== undefined && bodies.length === 1) await sendMessage(queue, first);
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

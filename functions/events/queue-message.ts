// A message of the event queue, and how much goes into it.
import type { EventLine } from "./event-size.ts";

/** The body of a message: events as JSON, a line each. They are written once, and stored as they are. */
export type EventMessage = string;

/** A limit of Cloudflare Queues (https://developers.cloudflare.com/queues/platform/limits/): 128 KB a message. */
const MAX_MESSAGE_BYTES = 128_000;

/** What the queue adds to a message for itself: about 100 bytes, says its documentation. */
export const MESSAGE_OVERHEAD_BYTES = 200;

/** The longest line: it has a message of its own. */
export const MAX_LINE_BYTES = MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES;

/**
 * Events share a message up to here. The queue charges for every 64 KB of a message: this is nearly twice that, and below the limit by
 * so much that a queue which counts a little otherwise does not refuse a whole message of them.
 */
export const SHARED_MESSAGE_BYTES = 120_000;

export const joinLines = (lines: readonly EventLine[]): EventMessage => lines.map(({ line }) => line).join("\n");

/** With the line feed behind each. */
export const sizeOfLines = (lines: readonly EventLine[]): number => lines.reduce((sum, { sizeBytes }) => sum + sizeBytes + 1, 0);

/** One message travels as it is; in a batch it would be written once more, as base64 in JSON. */
export async function sendMessage(queue: Pick<Queue<EventMessage>, "send">, message: EventMessage): Promise<void> {
  await queue.send(message, { contentType: "text" });
}

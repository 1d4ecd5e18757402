// Records events behind responses: those of many requests of an isolate share a message of the queue, and the call that sends it.
import type { Event } from "../../shared/schemas/events.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type EventLine, fitEvent, type TrimReason } from "./event-size.ts";
import { type EventMessage, joinLines, MAX_LINE_BYTES, SHARED_MESSAGE_BYTES, sendMessage } from "./queue-message.ts";
import type { EventLoss } from "./sink.ts";

export interface RecorderOptions {
  readonly queue: Pick<Queue<EventMessage>, "send">;
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly onTrim: (reason: TrimReason) => void;
  readonly metrics: Pick<Metrics, "eventsAccepted" | "eventsLost">;
}

/** How long a line waits for others to share its message. */
export const FLUSH_MS = 50;

/** A request that was to send longer ago than this was cut off. */
export const TAKEOVER_MS = 1000;

/** `waitUntil` ends 30 s after the response: of a call that has not answered by then nothing comes any more. */
export const ABANDON_MS = 35_000;

/** Bound on the lines that an isolate holds, those included whose call has not answered: a queue that hangs shall not fill its memory. */
export const MAX_HELD_BYTES = 8_000_000;

/** An event that waits for its message. */
interface Waiting extends EventLine {
  readonly type: Event["type"];
}

/** A message whose call has not answered. */
interface Sent {
  readonly events: readonly Waiting[];
  readonly sizeBytes: number;
  readonly sinceMs: number;
}

/**
 * One for an isolate. A request only leaves its line; the first that finds nobody who sends waits a moment inside its own `waitUntil`, and
 * then sends what has come together. Requests share plain strings alone: a promise of one request must not be awaited by another.
 *
 * With its isolate dies what was recorded in the last `FLUSH_MS`, at most a message. Where the sending request alone is cut off, what it
 * was to send waits for the next request that records, and dies with the isolate where none comes.
 */
export class EventRecorder {
  readonly #options: RecorderOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sender: { readonly sinceMs: number } | null = null;
  readonly #sent = new Set<Sent>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** To be handed to `waitUntil`. Never rejects: what is lost is counted, by its reason. */
  async record(event: Event): Promise<void> {
    let line: EventLine;
    try {
      line = fitEvent(event, MAX_LINE_BYTES, this.#options.onTrim);
    } catch (error) {
      reportError(error);
      return this.#lose("event_unwritable", 1);
    }
    await Promise.all([this.#add({ ...line, type: event.type }), this.#attend()]);
  }

  /** A message that has no room for one more leaves at once. */
  async #add(event: Waiting): Promise<void> {
    this.#forgetAbandoned();
    if (this.#heldBytes() + event.sizeBytes > MAX_HELD_BYTES) return this.#lose("buffer_full", 1);
    const isFull = this.#waitingBytes + event.sizeBytes + 1 > SHARED_MESSAGE_BYTES;
    const sending = isFull ? this.#send() : null;
    this.#waiting.push(event);
    this.#waitingBytes += event.sizeBytes + 1;
    await sending;
  }

  /** One request at a time, unless it was cut off. Whoever turns out to be late only sends early what others left. */
  async #attend(): Promise<void> {
    const { nowMs, wait } = this.#options;
    const sinceMs = nowMs();
    if (this.#sender && sinceMs - this.#sender.sinceMs < TAKEOVER_MS) return;
    const mine = { sinceMs };
    this.#sender = mine;
    await wait(FLUSH_MS);
    if (this.#sender === mine) this.#sender = null;
    await this.#send();
  }

  /** What waits is taken and sent without awaiting in between: nobody else can take it. */
  async #send(): Promise<void> {
    const { queue, nowMs } = this.#options;
    if (this.#waiting.length === 0) return;
    const sent = { events: this.#waiting, sizeBytes: this.#waitingBytes, sinceMs: nowMs() };
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#sent.add(sent);
    try {
      await sendMessage(queue, joinLines(sent.events));
      if (this.#sent.delete(sent)) this.#accept(sent.events);
    } catch (error) {
      reportError(error);
      if (this.#sent.delete(sent)) this.#lose("sink_failed", sent.events.length);
    }
  }

  /** What an earlier request sent, and was cut off before the answer, may have arrived: it counts as lost. */
  #forgetAbandoned(): void {
    const nowMs = this.#options.nowMs();
    for (const sent of this.#sent) {
      if (nowMs - sent.sinceMs < ABANDON_MS) return; // the oldest come first
      this.#sent.delete(sent);
      this.#lose("answer_missing", sent.events.length);
    }
  }

  #heldBytes(): number {
    let bytes = this.#waitingBytes;
    for (const { sizeBytes } of this.#sent) bytes += sizeBytes;
    return bytes;
  }

  #accept(events: readonly Waiting[]): void {
    for (const { type } of events) this.#options.metrics.eventsAccepted.add({ type });
  }

  #lose(reason: EventLoss, count: number): void {
    this.#options.metrics.eventsLost.add({ reason }, count);
  }
}

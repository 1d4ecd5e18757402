// Queue -> store: each batch of messages becomes one NDJSON object, and is acknowledged only once that object is written. Records of
// decisions get the parts of their scores on the way.
import * as v from "valibot";
import { sha256Hex } from "../../shared/artifact/envelope.ts";
import { eventKey } from "../../shared/artifact/keys.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError, problemsOf } from "../../shared/schemas/coded-error.ts";
import type { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import { Event } from "../../shared/schemas/events.ts";
import type { WaitUntil } from "../catalog/snapshot.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { completeRecord, type ModelSource } from "./score-parts.ts";

export interface ConsumerDependencies {
  readonly eventStore: Pick<ObjectStore, "put">;
  readonly models: ModelSource;
  readonly metrics: Pick<Metrics, "eventsConsumed" | "scoreParts">;
}

/** Longest pause before a batch is tried again. */
const MAX_RETRY_DELAY_SECONDS = 600;

/**
 * Never throws: a batch that cannot be written is retried as a whole, later and later. What is no event is set aside under
 * `events/rejected/`, not retried for ever. A batch that was written but not acknowledged is delivered again; where it is the same batch
 * it is the same object, and where it is not, readers drop the events that they have seen.
 */
export async function consumeBatch(
  batch: MessageBatch<unknown>,
  dependencies: ConsumerDependencies,
  waitUntil: WaitUntil,
): Promise<void> {
  const { eventStore, metrics } = dependencies;
  const { events, rejected } = await sortMessages(batch.messages, dependencies, waitUntil);
  const receivedMs = Math.max(...batch.messages.map(({ timestamp }) => timestamp.getTime()));
  try {
    if (rejected.length > 0) await writeRejected(eventStore, rejected, receivedMs);
    const isNew = events.length === 0 || (await writeEvents(eventStore, events, receivedMs));
    batch.ackAll();
    metrics.eventsConsumed.add({ outcome: isNew ? "stored" : "already_stored", reason: "" }, events.length);
    metrics.eventsConsumed.add({ outcome: "rejected", reason: "event_invalid" }, rejected.length);
  } catch (error) {
    const reason = error instanceof CodedError ? error.code : "internal";
    metrics.eventsConsumed.add({ outcome: "retried", reason }, batch.messages.length);
    batch.retryAll({ delaySeconds: retryDelaySeconds(batch.messages) });
  }
}

/** What was to be an event, with what is wrong with it. */
interface Rejected {
  readonly messageId: string;
  readonly body: unknown;
  readonly problems: readonly string[];
}

/** An event, and the line that is stored. */
interface Accepted {
  readonly id: string;
  readonly line: string;
}

/** An event, and the line that it came as; `decision` is null where it is another. */
interface Parsed extends Accepted {
  readonly decision: DecisionEvent | null;
}

/** A message holds lines; whatever else it holds is poison as a whole. Nothing but lines is kept: a batch is large. */
async function sortMessages(
  messages: readonly Message<unknown>[],
  dependencies: ConsumerDependencies,
  waitUntil: WaitUntil,
): Promise<{ events: Accepted[]; rejected: Rejected[] }> {
  const events: Accepted[] = [];
  const rejected: Rejected[] = [];
  for (const { id, body } of messages) {
    for (const line of typeof body === "string" ? body.split("\n") : [body]) {
      const parsed = parseLine(line);
      if ("event" in parsed) events.push(await complete(parsed.event, dependencies, waitUntil));
      else rejected.push({ messageId: id, ...parsed });
    }
  }
  return { events, rejected };
}

function parseLine(line: unknown): { readonly event: Parsed } | Omit<Rejected, "messageId"> {
  if (typeof line !== "string") return { body: line, problems: ["expected lines of JSON"] };
  let body: unknown;
  try {
    body = JSON.parse(line);
  } catch (error) {
    return { body: line, problems: [`not JSON: ${(error as SyntaxError).message}`] }; // all that JSON.parse throws
  }
  const parsed = v.safeParse(Event, body);
  if (parsed.success) {
    const decision = parsed.output.type === "decision" ? (body as DecisionEvent) : null; // as it came: its order of keys stays
    return { event: { id: parsed.output.id, line, decision } };
  }
  return { body, problems: problemsOf(parsed.issues).map(({ path, detail }) => `${path}: ${detail}`) };
}

/** Others that the isolate serves come first: after each record it takes a breath. */
async function complete(
  { id, line, decision }: Parsed,
  { models, metrics }: ConsumerDependencies,
  waitUntil: WaitUntil,
): Promise<Accepted> {
  if (!decision) return { id, line };
  const { outcome, record } = await completeRecord(decision, models, waitUntil);
  metrics.scoreParts.add({ outcome });
  if (!record) return { id, line };
  await new Promise((resolve) => setTimeout(resolve, 0));
  return { id, line: JSON.stringify(record) };
}

/** False where this very batch was there already. */
async function writeEvents(store: Pick<ObjectStore, "put">, events: readonly Accepted[], receivedMs: number): Promise<boolean> {
  const key = eventKey(receivedMs, await batchId(events.map(({ id }) => id)));
  return store.put(key, joinLines(events.map(({ line }) => line)), { ifNoneMatch: true });
}

async function writeRejected(store: Pick<ObjectStore, "put">, rejected: readonly Rejected[], receivedMs: number): Promise<void> {
  const key = eventKey(receivedMs, await batchId(rejected.map(({ messageId }) => messageId)));
  await store.put(key.replace("events/", "events/rejected/"), joinLines(rejected.map((one) => JSON.stringify(one))), {
    ifNoneMatch: true,
  });
}

/** Names a batch by what is in it, in whatever order it came. */
async function batchId(ids: readonly string[]): Promise<string> {
  const digest = await sha256Hex(new TextEncoder().encode([...ids].sort().join("\n")));
  return digest.slice(0, 32);
}

const joinLines = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));

/** 1, 2, 4, ... seconds: a short break costs little, a long one is not hammered. */
function retryDelaySeconds(messages: readonly Message<unknown>[]): number {
  const attempts = Math.min(...messages.map((message) => message.attempts));
  return Math.min(2 ** (attempts - 1), MAX_RETRY_DELAY_SECONDS);
}

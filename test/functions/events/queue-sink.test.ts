// The queue sink against the queue's limits, and against miniflare's queue, which enforces them too.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrimReason } from "../../../functions/events/event-size.ts";
import type { EventMessage } from "../../../functions/events/queue-message.ts";
import { createQueueSink } from "../../../functions/events/queue-sink.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { DecisionEvent } from "../../../shared/schemas/decision-record.ts";
import type { Event } from "../../../shared/schemas/events.ts";
import { conversion, decision } from "./example-events.ts";
import { describeEventSink } from "./sink-conformance.ts";

const sizeOf = (body: string): number => new TextEncoder().encode(body).byteLength;

/** A queue that takes no more than Cloudflare says it does, and remembers its calls. */
function createStrictQueue() {
  const calls: EventMessage[][] = [];
  let broken = false;
  const sendBatch: Queue<EventMessage>["sendBatch"] = async (messages) => {
    const bodies = [...messages].map(({ body }) => body);
    const sizes = bodies.map((body) => sizeOf(body) + 100);
    if (broken) throw new Error("the queue is down");
    if (bodies.length > 100) throw new Error("too many messages");
    if (Math.max(...sizes) > 128_000) throw new Error("message too large");
    if (sizes.reduce((sum, size) => sum + size, 0) > 256_000) throw new Error("call too large");
    calls.push(bodies);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  };
  const send: Queue<EventMessage>["send"] = (body) => sendBatch([{ body }]);
  return { calls, send, sendBatch, breakDown: () => (broken = true) };
}

const parseLines = (body: EventMessage): Event[] => body.split("\n").map((line) => JSON.parse(line));

describeEventSink("the queue sink", () => {
  const queue = createStrictQueue();
  return {
    sink: createQueueSink(queue, () => {}),
    accepted: () => queue.calls.flat().flatMap(parseLines),
    breakDown: queue.breakDown,
  };
});

async function trimsOf(event: Event): Promise<{ trims: TrimReason[]; sent: Event | undefined }> {
  const queue = createStrictQueue();
  const trims: TrimReason[] = [];
  await createQueueSink(queue, (reason) => trims.push(reason)).write([event]);
  return { trims, sent: parseLines(queue.calls[0]?.[0] ?? "null")[0] };
}

describe("small events", () => {
  it("share messages, so that a thousand conversions are one call", async () => {
    const queue = createStrictQueue();
    await createQueueSink(queue, () => {}).write(Array.from({ length: 1000 }, (_, index) => conversion(index)));
    expect(queue.calls).toHaveLength(1);
    expect(queue.calls[0]?.length).toBeLessThan(10);
  });
});

describe("an event that is too big for a message", () => {
  it("first loses the candidates that the request brought: the chosen one is kept beside them", async () => {
    const event = decision(40, 4000);
    const { trims, sent } = await trimsOf(event);
    expect(trims).toEqual(["candidates_of_request"]);
    expect(sent).toEqual({ ...event, request: { ...event.request, placements: [{ id: "top", count: 1 }] } });
  });

  it("keeps its propensity and its outcome's ids when even one candidate's features are too big", async () => {
    const { trims, sent } = await trimsOf(decision(2, 200_000));
    expect(trims).toEqual(["candidates_of_request", "other_candidates", "state", "all_features"]);
    expect(sent).toMatchObject({ id: "d-1.decision", placements: [{ slots: [{ creativeId: "creative-0", propensity: 0.5 }] }] });
    expect(sent).not.toHaveProperty("placements[0].slots[0].features");
    expect(parse(DecisionEvent, sent)).toEqual(sent);
  });

  it("always fits, and never grows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 4096 }), async (count, bytes) => {
        const { sent } = await trimsOf(decision(count, bytes));
        expect(sent?.id).toBe("d-1.decision");
      }),
      { numRuns: 30 },
    );
  });
});

describe("miniflare's queue", () => {
  it("takes what the sink sends: a thousand small events, and the largest", async () => {
    const { EVENT_QUEUE } = env as unknown as { EVENT_QUEUE: Queue<EventMessage> }; // bound in wrangler.toml for the tests
    const sink = createQueueSink(EVENT_QUEUE, () => {});
    await sink.write(Array.from({ length: 1000 }, (_, index) => conversion(index)));
    await sink.write([decision(31, 4000), decision(500, 4096), decision(2, 127_000)]);
  });
});

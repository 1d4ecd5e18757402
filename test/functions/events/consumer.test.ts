// The queue's consumer: acknowledged only when written, poison set aside, the same batch the same object.
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { consumeBatch } from "../../../functions/events/consumer.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import type { ObjectStore } from "../../../shared/artifact/store.ts";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import { conversion, decision } from "./example-events.ts";

/** What was written, by key. `failures` writes fail before they reach the store; `lostAnswers` fail after. */
function createStore({ failures = 0, lostAnswers = 0 } = {}) {
  const objects = new Map<string, string>();
  const put: ObjectStore["put"] = async (key, bytes, condition) => {
    if (failures-- > 0) throw new CodedError("store_unreachable", "", "the store is down");
    const isNew = !objects.has(key);
    if (!isNew && condition !== null && "ifNoneMatch" in condition) return false;
    objects.set(key, new TextDecoder().decode(bytes));
    if (lostAnswers-- > 0) throw new CodedError("store_timeout", "", "the answer was lost");
    return true;
  };
  return { objects, put };
}

const at = new Date("2026-11-23T07:59:58Z");

const linesOf = (events: readonly unknown[]): string => events.map((event) => JSON.stringify(event)).join("\n");

async function consume(eventStore: Pick<ObjectStore, "put">, bodies: readonly unknown[], attempts = 1) {
  const messages = bodies.map((body, index) => ({ id: `m-${index}`, timestamp: at, attempts, body }));
  const batch = createMessageBatch("selvedge-events", messages);
  const retryAll = vi.spyOn(batch, "retryAll");
  const metrics = createMetrics();
  await consumeBatch(batch, { eventStore, metrics });
  const counts = metrics
    .render()
    .split("\n")
    .filter((line) => line.startsWith("selvedge_events_consumed_total{"));
  return { ...(await getQueueResult(batch, createExecutionContext())), counts, delay: retryAll.mock.calls[0]?.[0]?.delaySeconds };
}

describe("the consumer", () => {
  it("writes a batch as one object of lines, by the hour in which it came, and acknowledges it", async () => {
    const store = createStore();
    const events = [decision(2, 10), conversion(1)];
    const { ackAll, counts } = await consume(store, [linesOf(events.slice(0, 1)), linesOf(events.slice(1))]);
    expect(ackAll).toBe(true);
    expect(counts).toContain('selvedge_events_consumed_total{outcome="stored",reason=""} 2');
    const [[key, text]] = [...store.objects] as [[string, string]];
    expect(key).toMatch(/^events\/date=2026-11-23\/hour=07\/[0-9a-f]{32}\.ndjson$/);
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });

  it("retries the whole batch when the store fails, later each time", async () => {
    for (const [attempts, delaySeconds] of [
      [1, 1],
      [2, 2],
      [5, 16],
      [50, 600],
    ] as const) {
      const { ackAll, retryBatch, delay, counts } = await consume(
        createStore({ failures: 1 }),
        [linesOf([conversion(1)])],
        attempts,
      );
      expect(ackAll).toBe(false);
      expect(retryBatch.retry).toBe(true);
      expect(delay).toBe(delaySeconds);
      expect(counts).toEqual(['selvedge_events_consumed_total{outcome="retried",reason="store_unreachable"} 1']);
    }
  });

  it("writes one object when the answer of the first write was lost and the batch comes again, in any order", async () => {
    const store = createStore({ lostAnswers: 1 });
    expect((await consume(store, [linesOf([conversion(1)]), linesOf([conversion(2), conversion(3)])])).retryBatch.retry).toBe(
      true,
    );
    const { ackAll, counts } = await consume(store, [linesOf([conversion(2), conversion(3)]), linesOf([conversion(1)])]);
    expect(ackAll).toBe(true);
    expect(counts).toContain('selvedge_events_consumed_total{outcome="already_stored",reason=""} 3');
    expect(store.objects.size).toBe(1);
  });

  it("sets aside what is no event, with what is wrong with it, and stores the rest", async () => {
    const store = createStore();
    const poison = { type: "click", id: 7 };
    const { ackAll, counts } = await consume(store, [linesOf([poison, conversion(1)]), "noise", null]);
    expect(ackAll).toBe(true);
    expect(counts).toContain('selvedge_events_consumed_total{outcome="rejected",reason="event_invalid"} 3');
    const keys = [...store.objects.keys()];
    expect(keys[0]).toMatch(/^events\/rejected\/date=2026-11-23\/hour=07\/[0-9a-f]{32}\.ndjson$/);
    const rejected = (store.objects.get(keys[0] ?? "") ?? "")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rejected[0]).toMatchObject({
      messageId: "m-0",
      body: poison,
      problems: expect.arrayContaining([expect.stringMatching(/^id: /)]),
    });
    expect(JSON.parse(store.objects.get(keys[1] ?? "") ?? "")).toEqual(conversion(1));
  });

  it("writes no empty object when there is nothing but poison", async () => {
    const store = createStore();
    const { ackAll } = await consume(store, ["noise"]);
    expect(ackAll).toBe(true);
    expect([...store.objects.keys()]).toEqual([expect.stringMatching(/^events\/rejected\//)]);
  });
});

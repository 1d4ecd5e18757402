// The queue's consumer: acknowledged only when written, poison set aside, the same batch the same object.
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { consumeBatch } from "../../../functions/events/consumer.ts";
import type { ModelSource } from "../../../functions/events/score-parts.ts";
import type { Loaded } from "../../../functions/model/channel-loader.ts";
import type { EdgeModel } from "../../../functions/model/model.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import type { ObjectStore } from "../../../shared/artifact/store.ts";
import { CodedError, parse } from "../../../shared/schemas/coded-error.ts";
import { DecisionEvent } from "../../../shared/schemas/decision-record.ts";
import { decideIn, exampleInput, MODEL } from "../decision/example-market.ts";
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

/** Whatever is asked for, its channel serves this. */
const modelsOf = (loaded: Partial<Loaded<EdgeModel>> | null): ModelSource => ({
  loaderOf: () => ({ get: async () => loaded }) as unknown as ReturnType<ModelSource["loaderOf"]>, // all that is called
});

async function consume(
  eventStore: Pick<ObjectStore, "put">,
  bodies: readonly unknown[],
  attempts = 1,
  models: ModelSource = modelsOf(null),
) {
  const messages = bodies.map((body, index) => ({ id: `m-${index}`, timestamp: at, attempts, body }));
  const batch = createMessageBatch("selvedge-events", messages);
  const retryAll = vi.spyOn(batch, "retryAll");
  const metrics = createMetrics();
  await consumeBatch(batch, { eventStore, metrics, models }, () => {});
  const counts = metrics
    .render()
    .split("\n")
    .filter((line) => /^selvedge_(events_consumed|score_parts)_total\{/.test(line));
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

describe("the record of a decision", () => {
  const { event } = decideIn(exampleInput({ explain: true }));
  const stored = async (models: ModelSource) => {
    const store = createStore();
    const { counts } = await consume(store, [linesOf([event, conversion(1)])], 1, models);
    const [text] = [...store.objects.values()] as [string];
    return { lines: text.trimEnd().split("\n"), counts };
  };

  it("is stored with the parts of each shown creative's logit, which sum to it", async () => {
    const { lines, counts } = await stored(modelsOf(MODEL));
    const record = parse(DecisionEvent, JSON.parse(lines[0] as string));
    const [slot] = record.placements[0]?.slots ?? [];
    const { logit = 0, baseline = 0, parts = [], rounding = 0 } = slot?.score ?? {};
    expect(logit).toBe(slot?.logit);
    expect(parts.map(({ field }) => field)).toEqual(["device", "creativeId"]);
    expect(parts.map(({ part }) => part)).toEqual([0.5, 3]); // on mobile, and of c2
    expect(parts.reduce((sum, { part }) => sum + part, baseline + rounding)).toBeCloseTo(logit, 9);
    expect(counts).toContain('selvedge_score_parts_total{outcome="added"} 1');
    expect(JSON.parse(lines[1] as string)).toEqual(conversion(1));
  });

  it("is the same line otherwise, to the byte", async () => {
    const { lines } = await stored(modelsOf(MODEL));
    const withoutParts = lines[0]?.replace(/"score":\{.*?\],"rounding":[^}]*\}/, '"score":null');
    expect(withoutParts).toBe(JSON.stringify(event));
  });

  it.each<[string, ModelSource]>([
    ["model_replaced", modelsOf({ ...MODEL, version: "another00001" })],
    ["no_model", modelsOf(null)],
    ["failed", modelsOf({ ...MODEL, value: { ...MODEL.value, served: { ...MODEL.value.served, tensors: new Map() } } })],
  ])("is stored as it came, and counted, where there is %s", async (outcome, models) => {
    const { lines, counts } = await stored(models);
    expect(lines[0]).toBe(JSON.stringify(event));
    expect(counts).toContain(`selvedge_score_parts_total{outcome="${outcome}"} 1`);
  });

  it("has none where no model scored anything", async () => {
    const { counts } = await consume(createStore(), [linesOf([decision(2, 10)])]);
    expect(counts).toContain('selvedge_score_parts_total{outcome="not_scored"} 1');
  });
});

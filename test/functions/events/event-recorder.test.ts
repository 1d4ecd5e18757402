// Events recorded behind responses: who sends them, when, and that each is sent once or counted as lost.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ABANDON_MS, EventRecorder, FLUSH_MS, MAX_HELD_BYTES, TAKEOVER_MS } from "../../../functions/events/event-recorder.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import type { DecisionEvent } from "../../../shared/schemas/decision-record.ts";
import type { Event } from "../../../shared/schemas/events.ts";
import { createManualClock } from "../ledger/manual-clock.ts";
import { decision } from "./example-events.ts";

type Answer = "accepts" | "refuses" | "hangs";

const ACKNOWLEDGED = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
const sizeOf = (text: string): number => new TextEncoder().encode(text).byteLength;

const SMALLEST_BYTES = sizeOf(JSON.stringify(decision(1, 0)));

/** A decision's record of about `bytes`. */
const recordOf = (id: string, bytes = 2000): DecisionEvent => ({
  ...decision(1, 0),
  id,
  catalogVersion: "x".repeat(bytes - SMALLEST_BYTES),
});

/** An isolate and its queue. `cutOff` ends all requests that wait: none of them goes on. */
function createIsolate() {
  const clock = createManualClock(1_700_000_000_000);
  const metrics = createMetrics();
  const messages: string[][] = [];
  const state: { answer: Answer; lives: number } = { answer: "accepts", lives: 0 };
  const send: Queue<string>["send"] = async (message) => {
    if (sizeOf(message) > 127_900) throw new Error("message too large");
    if (state.answer === "refuses") throw new Error("the queue is down");
    messages.push(message.split("\n").map((line) => (JSON.parse(line) as Event).id)); // what was recorded
    if (state.answer === "hangs") await new Promise(() => {});
    return ACKNOWLEDGED;
  };
  const wait = (ms: number) => {
    const life = state.lives;
    return clock.wait(ms).then(() => (life === state.lives ? undefined : new Promise<void>(() => {})));
  };
  const recorder = new EventRecorder({ queue: { send }, nowMs: clock.nowMs, wait, onTrim: () => {}, metrics });
  const cutOff = () => void state.lives++;
  const count = (name: string) => {
    const found = [...metrics.render().matchAll(new RegExp(`^selvedge_events_${name}_total\\{.*="(\\w+)"\\} (\\d+)`, "gm"))];
    return Object.fromEntries(found.map(([, label, value]) => [label, Number(value)]));
  };
  return { recorder, clock, messages, state, cutOff, accepted: () => count("accepted"), lost: () => count("lost") };
}

const idsOf = (count: number, prefix = "e") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe("events of many requests", () => {
  it("share the message that the first of them sends, and only that one waits", async () => {
    const { recorder, clock, messages, accepted } = createIsolate();
    const first = recorder.record(recordOf("e0"));
    await Promise.all(["e1", "e2"].map((id) => recorder.record(recordOf(id)))); // the clock stands still
    expect(messages).toEqual([]);
    await clock.advance(FLUSH_MS);
    await first;
    expect(messages).toEqual([["e0", "e1", "e2"]]);
    expect(accepted()).toEqual({ decision: 3 });
  });

  it("are sent again and again, a message each time", async () => {
    const { recorder, clock, messages } = createIsolate();
    for (const id of ["e0", "e1"]) {
      const recorded = recorder.record(recordOf(id));
      await clock.advance(FLUSH_MS);
      await recorded;
    }
    expect(messages).toEqual([["e0"], ["e1"]]);
  });

  it("leave at once when their message is full, by whoever finds it so", async () => {
    const { recorder, clock, messages } = createIsolate();
    const ids = idsOf(12);
    const recorded = ids.map((id) => recorder.record(recordOf(id, 25_000)));
    await Promise.all(recorded.slice(1)); // the clock stands still
    expect(messages).toEqual([ids.slice(0, 4), ids.slice(4, 8)]);
    await clock.advance(FLUSH_MS);
    expect(messages.at(-1)).toEqual(ids.slice(8));
  });

  it("leave by the largest message, alone", async () => {
    const { recorder, clock, messages } = createIsolate();
    for (const [id, bytes] of [
      ["small", 2000],
      ["large", 127_000],
      ["late", 2000],
    ] as const) {
      recorder.record(recordOf(id, bytes));
    }
    await clock.advance(FLUSH_MS);
    expect(messages).toEqual([["small"], ["large"], ["late"]]);
  });
});

describe("a sender that is cut off", () => {
  it("is followed by a later request, which sends for it", async () => {
    const { recorder, clock, messages, cutOff } = createIsolate();
    recorder.record(recordOf("e0"));
    cutOff();
    await clock.advance(TAKEOVER_MS - 1);
    await recorder.record(recordOf("e1")); // still trusts in the first
    await clock.advance(1);
    expect(messages).toEqual([]);
    recorder.record(recordOf("e2"));
    await clock.advance(FLUSH_MS);
    expect(messages).toEqual([["e0", "e1", "e2"]]);
  });

  it("counts what it sent as lost where no answer came, and makes room", async () => {
    const { recorder, clock, state, accepted, lost } = createIsolate();
    state.answer = "hangs";
    const count = Math.floor(MAX_HELD_BYTES / 100_000) + 10;
    for (const id of idsOf(count)) recorder.record(recordOf(id, 100_000));
    await clock.advance(FLUSH_MS);
    const full = lost().buffer_full ?? 0;
    expect(full).toBeGreaterThan(5);
    expect(full).toBeLessThan(15);
    state.answer = "accepts";
    await clock.advance(ABANDON_MS);
    recorder.record(recordOf("late"));
    recorder.record(recordOf("later"));
    await clock.advance(FLUSH_MS);
    expect(lost()).toEqual({ buffer_full: full, answer_missing: count - full });
    expect(accepted()).toEqual({ decision: 2 });
  });
});

describe("what cannot be recorded", () => {
  it("is counted event by event when the queue refuses their message; the next one is sent", async () => {
    const { recorder, clock, messages, state, accepted, lost } = createIsolate();
    state.answer = "refuses";
    const recorded = idsOf(3).map((id) => recorder.record(recordOf(id)));
    await clock.advance(FLUSH_MS);
    await Promise.all(recorded); // none rejects
    expect([lost(), accepted()]).toEqual([{ sink_failed: 3 }, {}]);
    state.answer = "accepts";
    recorder.record(recordOf("next"));
    await clock.advance(FLUSH_MS);
    expect(messages).toEqual([["next"]]);
  });

  it("takes nothing with it when no line can be made of it", async () => {
    const { recorder, clock, messages, lost } = createIsolate();
    recorder.record(recordOf("e0"));
    await recorder.record({ ...recordOf("e1"), seed: 1n as never }); // no JSON has it
    await clock.advance(FLUSH_MS);
    expect(messages).toEqual([["e0"]]);
    expect(lost()).toEqual({ event_unwritable: 1 });
  });
});

type Step = { readonly record: number } | { readonly advance: number } | { readonly answer: Answer } | "cutOff";

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ record: fc.integer({ min: 2000, max: 127_000 }) }) },
  { weight: 3, arbitrary: fc.record({ advance: fc.constantFrom(1, FLUSH_MS / 2, FLUSH_MS, TAKEOVER_MS, ABANDON_MS) }) },
  { weight: 1, arbitrary: fc.record({ answer: fc.constantFrom<Answer[]>("accepts", "refuses", "hangs") }) },
  { weight: 1, arbitrary: fc.constant("cutOff" as const) },
);

describe("whatever requests, the clock and the queue do", () => {
  it("every event is sent once or counted as lost, and no message is too large", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { recorder, clock, messages, state, cutOff, accepted, lost } = createIsolate();
        let count = 0;
        for (const one of steps) {
          if (one === "cutOff") cutOff();
          else if ("record" in one) recorder.record(recordOf(`e${count++}`, one.record));
          else if ("advance" in one) await clock.advance(one.advance);
          else state.answer = one.answer;
        }
        state.answer = "accepts";
        await clock.advance(ABANDON_MS); // whoever waits has sent, or will never
        recorder.record(recordOf(`e${count++}`));
        await clock.advance(FLUSH_MS);
        const sent = messages.flat();
        const { decision: acceptedCount = 0 } = accepted();
        const { sink_failed: refused = 0, answer_missing: missing = 0 } = lost();
        expect(new Set(sent).size).toBe(sent.length);
        expect(acceptedCount + refused + missing).toBe(count);
        expect(sent.length).toBe(acceptedCount + missing);
      }),
      { numRuns: 150 },
    );
  });
});

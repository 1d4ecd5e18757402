// The state machine of a subject's views: never one too many in any window, whatever is lost, repeated or out of order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromColumns, toColumns } from "../../../functions/frequency/view-columns.ts";
import {
  HOLD_LIFETIME_MS,
  holdSlots,
  neededUntilMs,
  type SubjectState,
  settleViews,
} from "../../../functions/frequency/views.ts";
import type { FrequencyCap } from "../../../shared/catalog/demand.ts";
import { cappedKey, type SeenViews, viewsLeft } from "../../../shared/catalog/views-left.ts";

const MINUTE_MS = 60_000;
const T = Date.UTC(2026, 2, 28, 12);
const KEY = "campaign:a";

const emptyState = (): SubjectState => ({
  views: new Map(),
  holds: new Map(),
  settled: new Map(),
  clockMs: 0,
  forgottenMs: 0,
  dueMs: 0,
});

const windowMsOf = (caps: readonly FrequencyCap[]): number => Math.max(0, ...caps.map((cap) => cap.windowMinutes * MINUTE_MS));

/** What the object answers. */
function seenBy(...[state, ...hold]: Parameters<typeof holdSlots>): SeenViews | null {
  const held = holdSlots(state, ...hold);
  return held && { ...held, seenMs: fromColumns(structuredClone(toColumns(state.views))) };
}

/** How much of the key the request may show in its slots. */
function hold(state: SubjectState, requestId: string, caps: readonly FrequencyCap[], nowMs: number, slotCount = 1): number {
  const seen = seenBy(state, requestId, { slotCount, windowMs: windowMsOf(caps) }, nowMs);
  return seen ? Math.min(slotCount, Math.max(0, viewsLeft(cappedKey(KEY, caps), seen))) : 0;
}

const settle = (state: SubjectState, requestId: string, count: number, nowMs: number, caps: readonly FrequencyCap[] = []) =>
  settleViews(state, requestId, count > 0 ? [{ key: KEY, count, windowMs: windowMsOf(caps) }] : [], nowMs);

function show(state: SubjectState, requestId: string, caps: readonly FrequencyCap[], nowMs: number): number {
  const count = hold(state, requestId, caps, nowMs);
  settle(state, requestId, count, nowMs, caps);
  return count;
}

describe("a cap", () => {
  it("counts the very first view, and lets one go exactly when its window has passed", () => {
    const caps = [{ limit: 1, windowMinutes: 1440 }];
    const state = emptyState();
    expect(show(state, "r1", caps, T)).toBe(1);
    expect(show(state, "r2", caps, T + 1440 * MINUTE_MS - 1)).toBe(0);
    expect(show(state, "r3", caps, T + 1440 * MINUTE_MS)).toBe(1);
  });

  it("allows exactly its limit to requests one after the other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (limit) => {
        const state = emptyState();
        const caps = [{ limit, windowMinutes: 60 }];
        const counts = Array.from({ length: limit + 5 }, (_, index) => show(state, `r${index}`, caps, T + index));
        expect(counts).toEqual(counts.map((_, index) => (index < limit ? 1 : 0)));
      }),
    );
  });

  it("must allow a view beside the others of its key", () => {
    const caps = [
      { limit: 2, windowMinutes: 10 },
      { limit: 3, windowMinutes: 1440 },
    ];
    const state = emptyState();
    const at = (minutes: number) => show(state, `r${minutes}`, caps, T + minutes * MINUTE_MS);
    expect([0, 1, 2, 10, 11, 1440].map(at)).toEqual([1, 1, 0, 1, 0, 1]);
  });

  it("counts what is held by others until they settle, and again what they did not show", () => {
    const caps = [{ limit: 3, windowMinutes: 60 }];
    const state = emptyState();
    expect(hold(state, "r1", caps, T, 2)).toBe(2);
    expect(hold(state, "r2", caps, T, 2)).toBe(1);
    expect(hold(state, "r3", caps, T, 2)).toBe(0);
    for (const requestId of ["r1", "r3"]) settle(state, requestId, 0, T);
    settle(state, "r2", 1, T, caps);
    expect(hold(state, "r4", caps, T, 5)).toBe(2);
  });

  it("that is widened later counts what is still known", () => {
    const state = emptyState();
    expect(show(state, "r1", [{ limit: 1, windowMinutes: 60 }], T)).toBe(1);
    expect(show(state, "r2", [{ limit: 1, windowMinutes: 600 }], T + 30 * MINUTE_MS)).toBe(0);
  });
});

describe("a hold", () => {
  const caps = [{ limit: 1, windowMinutes: 60 }];

  it("answers a repeated request with the same views, and none once it was settled", () => {
    const state = emptyState();
    expect([hold(state, "r1", caps, T), hold(state, "r1", caps, T + 1)]).toEqual([1, 1]);
    settle(state, "r1", 0, T + 2);
    expect(hold(state, "r1", caps, T + 3)).toBe(0);
    expect(hold(state, "r2", caps, T + 4)).toBe(1);
  });

  it("that comes after its own settling holds nothing", () => {
    const state = emptyState();
    settle(state, "r1", 0, T);
    expect([hold(state, "r1", caps, T), hold(state, "r2", caps, T)]).toEqual([0, 1]);
  });

  it("that nobody settles becomes a view of its time, of whatever is capped; a settling that comes later changes nothing", () => {
    const state = emptyState();
    hold(state, "r1", caps, T);
    expect(show(state, "r2", caps, T + HOLD_LIFETIME_MS)).toBe(0);
    settle(state, "r1", 0, T + HOLD_LIFETIME_MS + 1);
    const seen = seenBy(state, "r3", { slotCount: 1, windowMs: 60 * MINUTE_MS }, T + HOLD_LIFETIME_MS + 2) as SeenViews;
    expect(["campaign:a", "creative:b"].map((key) => viewsLeft(cappedKey(key, [{ limit: 3, windowMinutes: 60 }]), seen))).toEqual(
      [2, 2],
    );
    settle(state, "r3", 0, T + HOLD_LIFETIME_MS + 3);
    expect(show(state, "r4", caps, T + 60 * MINUTE_MS - 1)).toBe(0);
    expect(show(state, "r5", caps, T + 60 * MINUTE_MS)).toBe(1);
  });

  it("settles once", () => {
    const state = emptyState();
    hold(state, "r1", [{ limit: 5, windowMinutes: 60 }], T, 2);
    for (const later of [0, 1, 2]) settle(state, "r1", 2, T + later, caps);
    expect(state.views.get(KEY)?.seenMs).toHaveLength(2);
  });

  it("of less than was shown is somebody's mistake, and stays", () => {
    const state = emptyState();
    hold(state, "r1", caps, T);
    expect(() => settle(state, "r1", 2, T)).toThrow("shown 2 times, but only 1 slots");
    expect(state.holds.size).toBe(1);
  });
});

describe("what is kept", () => {
  it("ends with the longest window", () => {
    const state = emptyState();
    const caps = [
      { limit: 5, windowMinutes: 10 },
      { limit: 5, windowMinutes: 60 },
    ];
    show(state, "r1", caps, T);
    expect(neededUntilMs(state)).toBe(T + 60 * MINUTE_MS);
    settle(state, "other", 0, T + 60 * MINUTE_MS - 1);
    expect(state.views.size).toBe(1);
    settle(state, "other", 0, T + 60 * MINUTE_MS);
    expect([state.views.size, state.forgottenMs]).toEqual([0, T + 60 * MINUTE_MS]);
  });
});

type Step =
  | { readonly does: "hold"; readonly requestId: string; readonly count: number; readonly shownShare: number }
  | { readonly does: "settle"; readonly requestId: string }
  | { readonly does: "pass"; readonly ms: number }
  | { readonly does: "evict" };

const requestIds = fc.integer({ min: 0, max: 25 }).map((index) => `r${index}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("hold" as const),
      requestId: requestIds,
      count: fc.integer({ min: 1, max: 4 }),
      shownShare: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("settle" as const), requestId: requestIds }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("pass" as const), ms: fc.integer({ min: -300_000, max: 900_000 }) }) },
  { weight: 1, arbitrary: fc.constant({ does: "evict" as const }) },
);
const caps = fc.array(fc.record({ limit: fc.integer({ min: 1, max: 5 }), windowMinutes: fc.integer({ min: 1, max: 30 }) }), {
  minLength: 1,
  maxLength: 3,
});

/** What survives an eviction: what was settled is forgotten, and the clock is what the rest tells of it. */
function evict({ views, holds, forgottenMs }: SubjectState): SubjectState {
  const times = [...[...views.values()].flatMap(({ seenMs }) => seenMs), ...[...holds.values()].map(({ heldMs }) => heldMs)];
  return { views, holds, forgottenMs, settled: new Map(), clockMs: Math.max(forgottenMs, ...times), dueMs: 0 };
}

describe("any interleaving of requests, repeats, lost and late settlings, evictions and clocks that step back", () => {
  it("never shows more than a limit in any of its windows, and holds nothing for ever", () => {
    fc.assert(
      fc.property(caps, fc.array(step, { maxLength: 120 }), (caps, steps) => {
        let state = emptyState();
        let nowMs = T;
        const shown = new Map<string, number>();
        const shownAtMs: number[] = [];
        for (const one of steps) {
          if (one.does === "pass") nowMs += one.ms;
          else if (one.does === "evict") state = evict(state);
          else if (one.does === "settle") {
            const slotCount = state.holds.get(one.requestId)?.slotCount ?? 0; // a repeat after the first lapsed may hold less
            settle(state, one.requestId, Math.min(slotCount, shown.get(one.requestId) ?? 0), nowMs, caps);
          } else {
            const isNew = !shown.has(one.requestId);
            const allowed = hold(state, one.requestId, caps, nowMs, one.count);
            if (!isNew) continue; // a repeat shows nothing more: its request was answered
            const count = Math.round(allowed * one.shownShare);
            shown.set(one.requestId, count);
            for (let index = 0; index < count; index++) shownAtMs.push(state.clockMs);
          }
        }
        for (const { limit, windowMinutes } of caps) {
          for (const endMs of shownAtMs) {
            const inWindow = shownAtMs.filter((atMs) => atMs <= endMs && endMs < atMs + windowMinutes * MINUTE_MS);
            expect(inWindow.length).toBeLessThanOrEqual(limit);
          }
        }
        const later = state.clockMs + HOLD_LIFETIME_MS + 30 * MINUTE_MS;
        expect(hold(state, "the last one", caps, later, 10)).toBe(Math.min(10, ...caps.map(({ limit }) => limit)));
      }),
      { numRuns: 2000 },
    );
  });
});

// Frequency caps over the real Durable Object: parallel requests, an eviction, daylight saving, a deadline, and forgetting.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readBindings } from "../../../functions/bindings.ts";
import { createFrequency, type FrequencyDependencies, nameSubject } from "../../../functions/frequency/frequency.ts";
import type { SubjectViews } from "../../../functions/frequency/subject-views.ts";
import { createMetrics } from "../../../functions/telemetry/metrics.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import { cappedKey, viewsLeft } from "../../../shared/catalog/views-left.ts";

const { subjectViews } = readBindings(env);
const subjectKey = importHmacKey("a secret");
const DAY_MS = 24 * 3_600_000;

/** Berlin's clocks go from 02:00 to 03:00 on 2026-03-29: the five days before and after have 119 hours on the wall. */
const T = Date.parse("2026-03-27T20:00:00+01:00");
const KEY = "campaign:a";
const CAPS = [{ limit: 3, windowMinutes: 5 * 1440 }];
const WINDOW_MS = 5 * DAY_MS;

function createEdge(changes: Partial<FrequencyDependencies> = {}) {
  const clock = { nowMs: T };
  const metrics = createMetrics();
  const behind: Promise<unknown>[] = [];
  const frequency = createFrequency({ subjects: subjectViews, subjectKey, nowMs: () => clock.nowMs, metrics, ...changes });
  const hold = async (subjectId: string, requestId: string, timeoutMs = 5000) => {
    const wanted = { slotCount: 1, windowMs: WINDOW_MS };
    const seen = await frequency.hold({ subjectId, requestId, wanted, deadlineMs: clock.nowMs + timeoutMs }, (work) =>
      behind.push(work),
    );
    return seen && Math.min(1, Math.max(0, viewsLeft(cappedKey(KEY, CAPS), seen)));
  };
  /** One request: what it may show, it shows. */
  const show = async (subjectId: string, requestId: string) => {
    const count = (await hold(subjectId, requestId)) ?? 0;
    await frequency.settle(subjectId, requestId, count > 0 ? [{ key: KEY, count, windowMs: WINDOW_MS }] : []);
    return count;
  };
  return { ...frequency, frequency, hold, show, clock, metrics, finish: () => Promise.all(behind) };
}

const objectOf = async (subjectId: string) => subjectViews.getByName(await nameSubject(subjectId, await subjectKey));

const contentsOf = async (subjectId: string) =>
  runInDurableObject(await objectOf(subjectId), async (_, { storage }) => ({
    entries: [...storage.kv.list()].length,
    alarmMs: await storage.getAlarm(),
  }));

describe("a cap of 3 in 5 days", () => {
  it("shows three to 100 parallel requests of one page, never a fourth", async () => {
    const { show } = createEdge();
    const counts = await Promise.all(Array.from({ length: 100 }, (_, index) => show("parallel", `r${index}`)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it("holds across an eviction and a change to daylight saving, and ends after exactly 120 hours", async () => {
    const { show, clock } = createEdge();
    const at = async (afterMs: number, requestId: string) => {
      clock.nowMs = T + afterMs;
      return show("daylight", requestId);
    };
    expect(await at(0, "r1")).toBe(1);
    expect(await at(DAY_MS, "r2")).toBe(1);
    await evictDurableObject(await objectOf("daylight"));
    expect(await at(2 * DAY_MS, "r3")).toBe(1); // the clocks have changed
    clock.nowMs = T + 3 * DAY_MS;
    const counts = await Promise.all(Array.from({ length: 100 }, (_, index) => show("daylight", `p${index}`)));
    expect(counts).not.toContain(1);
    await evictDurableObject(await objectOf("daylight"));
    expect(await at(5 * DAY_MS - 1, "r4")).toBe(0);
    expect(await at(5 * DAY_MS, "r5")).toBe(1);
    expect(await at(5 * DAY_MS, "r6")).toBe(0);
    expect(await at(6 * DAY_MS, "r7")).toBe(1);
  });

  it("holds while requests are evicted between hold and settling, and while some never settle", async () => {
    const { hold, show, settle, clock } = createEdge();
    expect(await show("lost", "r1")).toBe(1);
    expect(await hold("lost", "r2")).toBe(1); // its isolate dies
    expect(await hold("lost", "r3")).toBe(1);
    await evictDurableObject(await objectOf("lost"));
    expect(await show("lost", "r4")).toBe(0);
    await settle("lost", "r3", []);
    clock.nowMs = T + DAY_MS;
    expect([await show("lost", "r5"), await show("lost", "r6")]).toEqual([1, 0]);
  });

  it("does not go back in time with a caller whose clock is behind, even where all is forgotten and the object was evicted", async () => {
    const { show, settle, clock } = createEdge();
    for (const requestId of ["r1", "r2", "r3"]) await show("behind", requestId);
    clock.nowMs = T + 5 * DAY_MS;
    await settle("behind", "another", []);
    await evictDurableObject(await objectOf("behind"));
    clock.nowMs = T + DAY_MS;
    for (const requestId of ["r4", "r5", "r6"]) expect(await show("behind", requestId)).toBe(1);
    clock.nowMs = T + 6 * DAY_MS;
    expect(await show("behind", "r7")).toBe(0);
  });
});

describe("the edge", () => {
  it("goes on without an answer that is late, and gives its hold back", async () => {
    const gate = Promise.withResolvers<void>();
    const slow = (name: string) => {
      const object = subjectViews.getByName(name);
      const hold = async (...request: Parameters<SubjectViews["hold"]>) => gate.promise.then(() => object.hold(...request));
      return { hold, settle: async (...report: Parameters<SubjectViews["settle"]>) => object.settle(...report) };
    };
    const { hold, metrics, finish } = createEdge({ subjects: { getByName: slow } as unknown as typeof subjectViews }); // all that is called
    for (const requestId of ["r1", "r2", "r3", "r4"]) expect(await hold("hurried", requestId, 1)).toBeNull();
    gate.resolve();
    await finish();
    expect(metrics.render()).toContain('selvedge_frequency_holds_total{outcome="late"} 4');
    expect(metrics.render()).toContain('selvedge_frequency_settles_total{outcome="settled"} 4');
    const { show } = createEdge();
    expect(await Promise.all(["r5", "r6", "r7", "r8"].map((requestId) => show("hurried", requestId)))).toEqual([1, 1, 1, 0]);
  });

  it("goes on without counters that fail, and counts that", async () => {
    const subjects = { getByName: () => Promise.reject(new Error("unreachable")) } as unknown as typeof subjectViews; // all that is called
    const { hold, metrics, finish } = createEdge({ subjects });
    expect(await hold("reader", "r1")).toBeNull();
    await finish();
    expect(metrics.render()).toContain('selvedge_frequency_holds_total{outcome="failed"} 1');
    expect(metrics.render()).toContain('selvedge_frequency_settles_total{outcome="failed"} 1');
  });
});

describe("what is kept of a subject", () => {
  it("is under no name that tells who it is", async () => {
    const name = await nameSubject("reader@example.com", await subjectKey);
    expect(name).toBe("1ce551d418a6f6de56cac2cdd7706069684b19f9aba3cecc68da3c6f5b1dc0ce");
    expect(await nameSubject("reader@example.com", await importHmacKey("another secret"))).not.toBe(name);
  });

  it("is deleted once the longest window has passed", async () => {
    const { show } = createEdge();
    await show("retained", "r1");
    const { entries, alarmMs } = await contentsOf("retained");
    expect(entries).toBe(1);
    const lateMs = (alarmMs ?? 0) - Date.now() - 5 * DAY_MS;
    expect(lateMs).toBeGreaterThan(0);
    expect(lateMs).toBeLessThanOrEqual(3_600_000);
    expect(await runDurableObjectAlarm(await objectOf("retained"))).toBe(true);
    expect(await contentsOf("retained")).toEqual({ entries: 0, alarmMs: null });
    expect(await show("retained", "r2")).toBe(1);
    expect((await contentsOf("retained")).alarmMs).not.toBeNull();
  });

  it("is deleted at once when it is to be forgotten", async () => {
    const { show, forget } = createEdge();
    for (const requestId of ["r1", "r2", "r3", "r4"]) await show("forgotten", requestId);
    await forget("forgotten");
    expect(await contentsOf("forgotten")).toEqual({ entries: 0, alarmMs: null });
    expect(await show("forgotten", "r5")).toBe(1);
  });
});

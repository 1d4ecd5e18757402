// What a decision answers when everything around it breaks: 200, in time, with what can still be shown, and the reason counted.
import { describe, expect, it, vi } from "vitest";
import type { Bindings } from "../../../functions/bindings.ts";
import type { CatalogIndex } from "../../../functions/catalog/catalog-index.ts";
import { createCatalogLoader } from "../../../functions/catalog/catalog-loader.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";
import { catalogWith } from "../decision/example-market.ts";
import { createEdge, creativesOf, NOW_MS } from "../edge.ts";
import { createManualClock } from "../ledger/manual-clock.ts";

/** The paid flights have a budget and a cap; the house has neither. */
const catalog = catalogWith(
  smallCatalog({
    tiers: [
      { id: "standard", selection: "auction" },
      { id: "house", selection: "weighted" },
    ],
    campaigns: [
      {
        ...{ id: "budgeted", advertiserId: "advertiser", status: "active" },
        budget: { totalMicros: 1_000_000_000, dailyMicros: null, pacing: "as-fast-as-possible" },
      },
      { id: "capped", advertiserId: "advertiser", status: "active", caps: [{ limit: 1, windowMinutes: 60 }] },
      { id: "campaign", advertiserId: "advertiser", status: "active" },
    ],
    flights: [
      { ...FLIGHT, id: "budgeted", campaignId: "budgeted" },
      { ...FLIGHT, id: "capped", campaignId: "capped" },
      { ...FLIGHT, id: "house", tierId: "house", price: { model: "cpm", bidMicros: 0 } },
    ],
    creatives: [
      creativeOf("c1", { flightId: "budgeted" }),
      creativeOf("c2", { flightId: "capped" }),
      creativeOf("house", { flightId: "house" }),
    ],
    placements: [{ id: "top", sizes: [SIZE] }],
  }),
);
let subjects = 0;
/** Of a subject that has seen nothing yet. */
const newRequest = () => ({ subjectId: `reader-${subjects++}`, placements: [{ id: "top", count: 2 }] });

/** A double of a binding: a real one cannot be made to break at will. */
const brokenBy = (call: () => unknown) =>
  ({ getByName: () => ({ exchange: call, hold: call, settle: call, read: call, charge: call }) }) as never;
const failing = brokenBy(async () => {
  throw new Error("the object is down");
});
const hanging = brokenBy(() => new Promise(() => {}));
const unreachable = {
  getByName: () => {
    throw new Error("no such binding");
  },
} as never; // as broken as a namespace can be

const BROKEN: [string, Bindings["subjectViews"] & Bindings["campaignLedger"]][] = [
  ["fails", failing],
  ["hangs", hanging],
  ["cannot even be named", unreachable],
];

/** The clock, and what was waited for on it. */
function watchClock() {
  const clock = createManualClock(NOW_MS);
  const waits: number[] = [];
  const wait = (ms: number) => {
    waits.push(ms);
    return clock.wait(ms);
  };
  return { clock: { ...clock, wait }, waits };
}

describe("a decision whose ledger", () => {
  it.each(BROKEN)("%s shows what needs no budget, and counts why the rest is not shown", async (how, campaignLedger) => {
    const { clock, waits } = watchClock();
    const edge = createEdge({ catalog, clock, bindings: { campaignLedger } });
    const asked = edge.decide(newRequest());
    await vi.waitFor(() => expect(waits).not.toEqual([]));
    if (how === "hangs") await clock.advance(50);
    expect(creativesOf(await asked)).toEqual(["c2", "house"]);
    expect(edge.metrics.render()).toContain('selvedge_dropped_candidates_total{reason="budget_unavailable"} 1');
    if (how !== "hangs") expect(edge.metrics.render()).toContain('selvedge_leases_total{outcome="failed"} 1');
  });

  it.each([
    [undefined, 50],
    [7, 7],
    [900, 900],
  ])("hangs waits, where the request says %s, for %i ms and no longer", async (timeoutMs, waitedMs) => {
    const { clock, waits } = watchClock();
    const edge = createEdge({ catalog, clock, bindings: { campaignLedger: hanging } });
    let isAnswered = false;
    const body = { ...newRequest(), ...(timeoutMs && { timeoutMs }) };
    const asked = edge.decide(body).finally(() => (isAnswered = true));
    await vi.waitFor(() => expect(waits).toEqual([waitedMs]));
    await clock.advance(waitedMs - 1);
    expect(isAnswered).toBe(false);
    await clock.advance(1);
    expect(creativesOf(await asked)).toEqual(["c2", "house"]);
  });
});

describe("a decision whose counters", () => {
  it.each(BROKEN)("%s shows what has no cap, and counts why the rest is not shown", async (how, subjectViews) => {
    const edge = createEdge({ catalog, bindings: { subjectViews }, isHasty: true });
    expect(creativesOf(await edge.decide(newRequest()))).toEqual(["c1", "house"]);
    expect(edge.metrics.render()).toContain('selvedge_dropped_candidates_total{reason="frequency_unavailable"} 1');
    expect(edge.metrics.render()).toContain(`selvedge_frequency_holds_total{outcome="${how === "hangs" ? "late" : "failed"}"} 1`);
  });

  it("hang waits for as long as the request says", async () => {
    const edge = createEdge({ catalog, bindings: { subjectViews: hanging }, isHasty: true });
    const startedMs = Date.now();
    await edge.decide({ ...newRequest(), timeoutMs: 300 });
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(295); // timers and clocks are rounded
  });
});

describe("a decision whose store hangs", () => {
  /** As in production, but for the store, and for a first load that a test which waits for it would not survive. */
  const hangingStore = () =>
    createCatalogLoader({
      reader: { get: () => new Promise(() => {}) },
      cache: { get: async () => null, put: async () => {} },
      publicKeys: "",
      ttlMs: 1000,
      firstLoadMs: 600_000,
      nowMs: createManualClock(NOW_MS).nowMs,
    });

  it("answers within the request's time with what the request brought along, and says that there is no catalog", async () => {
    const edge = createEdge({ catalogLoader: hangingStore() });
    const candidates = [{ id: "mine", landingUrl: "https://shop.example", features: {} }];
    const placements = [{ id: "top" }, { id: "own", candidates }];
    expect((await edge.decide({ placements, timeoutMs: 30 })).placements).toMatchObject([
      { creatives: [], noServe: "no_catalog" },
      { creatives: [{ creativeId: "mine" }] },
    ]);
    expect(edge.metrics.render()).toContain('selvedge_no_serves_total{reason="no_catalog"} 1');
  });
});

describe("a fault of our own", () => {
  const noKey = Promise.reject(new Error("no key"));
  noKey.catch(() => {});

  /** A catalog one of whose parts throws when it is looked at. */
  const faulty = (part: keyof CatalogIndex): CatalogIndex =>
    Object.defineProperty({ ...catalog }, part, {
      get() {
        throw new Error(`a bug in ${part}`);
      },
    });

  it.each<[string, Parameters<typeof createEdge>[0]]>([
    ["in the index of the eligible", { catalog: faulty("eligibility") }],
    ["in what is decided by", { catalog: faulty("policy") }],
    ["while a choice is drawn", { drawSeed: () => Symbol() as never }], // no number at all
    ["in presenting what was chosen", { trackingKey: noKey }],
  ])("%s leaves the placements empty, is counted, and shows and holds nothing", async (_, state) => {
    const edge = createEdge({ catalog, ...state });
    const unlucky = newRequest();
    const decision = await edge.decide(unlucky);
    expect(decision.placements).toEqual([{ placementId: "top", creatives: [], fallback: null, noServe: "internal" }]);
    expect(edge.metrics.render()).toContain('selvedge_no_serves_total{reason="internal"} 1');
    await edge.clock.advance(30_000);
    await edge.settle();
    expect(edge.events).toEqual([]);
    const other = createEdge({ catalog });
    expect(creativesOf(await other.decide(unlucky))).toEqual(["c2", "c1"]);
  });

  it("is none of whoever sends strange headers", async () => {
    const strange = [
      "",
      "Mozilla/5.0 (",
      "\u00ff".repeat(3000),
      "a;b=c;;;,,,q=",
      "*/*;q=x",
      "Mozilla/5.0 (Linux; Android 99".repeat(99),
    ];
    for (const text of strange) {
      const headers = { "user-agent": text, "accept-language": text, referer: text, "sec-ch-ua-platform": text };
      expect(creativesOf(await createEdge({ catalog }).decide(newRequest(), "", headers))).not.toEqual([]);
    }
  });
});

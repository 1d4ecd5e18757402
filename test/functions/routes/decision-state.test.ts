// Budgets and caps over whole requests: several isolates, one world of ledgers and counters, and exactly what was sold in the answers.
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readBindings } from "../../../functions/bindings.ts";
import { nameSubject } from "../../../functions/frequency/frequency.ts";
import { LEDGER_RULES } from "../../../functions/ledger/book.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import type { CatalogDocument } from "../../../shared/catalog/catalog.ts";
import type { DecisionResponse } from "../../../shared/schemas/decisions.ts";
import { creativeOf, FLIGHT } from "../../small-catalog.ts";
import { catalogWith } from "../decision/example-market.ts";
import { createEdge, creativesOf, type Edge, NOW_MS, pass, pathOf } from "../edge.ts";
import { createManualClock, type ManualClock } from "../ledger/manual-clock.ts";

const DOLLAR = 1_000_000;
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const { campaignLedger, subjectViews } = readBindings(env);
const bookOf = async (campaignId: string) => (await campaignLedger.getByName(campaignId).read()).accounts;

interface Bought {
  readonly id: string;
  readonly cpmDollars: number;
  readonly totalMicros: number;
}

/** A campaign with one creative for each, all of the id; nobody else has anything to show. */
function campaignsOf(bought: readonly Bought[]) {
  const status = "active" as const;
  const campaigns: CatalogDocument["campaigns"] = bought.map(({ id, totalMicros }) => {
    const budget = { totalMicros, dailyMicros: null, pacing: "as-fast-as-possible" as const };
    return { id, advertiserId: "advertiser", status, budget };
  });
  const flights = bought.map(({ id, cpmDollars }) => {
    return { ...FLIGHT, id, campaignId: id, price: { model: "cpm" as const, bidMicros: cpmDollars * DOLLAR } };
  });
  const creatives = bought.map(({ id }) => creativeOf(id, { flightId: id }));
  return catalogWith(catalogParts({ campaigns, flights, creatives }));
}

/** As it is written: `catalogWith` takes it as it is parsed, and `indexCatalog` parses it once more. */
const catalogParts = (parts: Partial<CatalogDocument>) => parts as Parameters<typeof catalogWith>[0];

const startIsolates = (count: number, catalog: ReturnType<typeof campaignsOf>, clock: ManualClock) =>
  Array.from({ length: count }, () => createEdge({ catalog, clock }));

const TOP = { placements: [{ id: "top" }] };

/** So many requests at once, dealt out to the isolates. */
const flood = (isolates: readonly Edge[], count: number): Promise<DecisionResponse[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => (isolates[index % isolates.length] as Edge).decide(TOP))); // % length

describe.each([1, 2])("a budget of %i dollars, at a thousand dollars for 1,000 impressions", (dollars) => {
  const bought = (id: string) => [{ id, cpmDollars: 1000, totalMicros: dollars * DOLLAR }];

  it(`shows exactly ${dollars} to 1,000 concurrent requests at five isolates, the ledger restarted in between`, async () => {
    const clock = createManualClock(NOW_MS);
    const id = `sold-${dollars}`;
    const isolates = startIsolates(5, campaignsOf(bought(id)), clock);
    const shown = (await flood(isolates, 1000)).flatMap(creativesOf);
    for (const restart of [() => evictDurableObject(campaignLedger.getByName(id)), abortAllDurableObjects]) {
      await restart();
      await pass(30_000, clock, isolates);
      shown.push(...(await flood(isolates, 100)).flatMap(creativesOf));
    }
    expect(shown).toEqual(Array(dollars).fill(id));
    await pass(30_000, clock, isolates);
    expect((await bookOf(id)).money).toMatchObject({ spent: dollars * DOLLAR, reserved: 0 });
  });

  it(`shows exactly ${dollars} where the ledger is restarted while it is asked`, async () => {
    const id = `interrupted-${dollars}`;
    const clock = createManualClock(NOW_MS);
    /** Cuts the first calls off, each at another moment: some are booked and their answers lost. */
    let calls = 0;
    const track: ManualClock["track"] = (work) => {
      if (calls++ < 4) void abortAllDurableObjects();
      return clock.track(work);
    };
    const isolates = startIsolates(5, campaignsOf(bought(id)), { ...clock, track });
    const shown = (await flood(isolates, 500)).flatMap(creativesOf);
    expect(isolates.map(({ metrics }) => metrics.render()).join()).toContain('selvedge_leases_total{outcome="failed"}');
    for (let round = 0; round < 3; round++) {
      await pass(30_000, clock, isolates); // what was given and never heard of comes back
      shown.push(...(await flood(isolates, 100)).flatMap(creativesOf));
    }
    expect(shown).toEqual(Array(dollars).fill(id));
  });

  it(`shows exactly ${dollars} in all, where an isolate dies with one of them in its lease`, async () => {
    const clock = createManualClock(NOW_MS);
    const [kept, first] = [`kept-${dollars}`, `first-${dollars}`];
    const catalog = campaignsOf([...bought(kept), { id: first, cpmDollars: 1001, totalMicros: 1_001_000 }]);
    const [dead, ...alive] = startIsolates(4, catalog, clock);
    expect(creativesOf(await (dead as Edge).decide(TOP))).toEqual([first]); // and holds a lease of the other
    dead?.die();
    const shown = (await flood(alive, 200)).flatMap(creativesOf);
    expect(shown).toEqual(Array(dollars - 1).fill(kept));
    const doubtMs = LEDGER_RULES.termMs + LEDGER_RULES.impressionLifetimeMs + 3 * LEDGER_RULES.clockSkewMs;
    await pass(doubtMs - 1, clock, alive);
    shown.push(...(await flood(alive, 200)).flatMap(creativesOf).filter((id) => id === kept));
    expect(shown).toHaveLength(dollars - 1);
    await pass(30_000, clock, alive);
    await evictDurableObject(campaignLedger.getByName(kept));
    shown.push(...(await flood(alive, 200)).flatMap(creativesOf).filter((id) => id === kept));
    expect(shown).toEqual(Array(dollars).fill(kept));
  });
});

describe("an impression of an isolate that died", () => {
  it.each([
    ["that was rendered is paid for, and nothing is shown for that money again", true],
    ["that nobody rendered does not count, and is shown by another", false],
  ])("%s", async (_, isRendered) => {
    const clock = createManualClock(NOW_MS);
    const id = `rendered-${isRendered}`;
    const catalog = campaignsOf([{ id, cpmDollars: 1000, totalMicros: DOLLAR }]);
    const [dead, alive] = startIsolates(2, catalog, clock) as [Edge, Edge];
    const [placement] = (await dead.decide(TOP)).placements;
    dead.die();
    if (isRendered) expect((await alive.ask(pathOf(placement?.creatives[0]?.impressionUrl))).status).toBe(204);
    await pass(2 * 3_600_000, clock, [alive]);
    expect((await flood([alive], 100)).flatMap(creativesOf)).toEqual(isRendered ? [] : [id]);
    if (isRendered) expect((await bookOf(id)).money).toMatchObject({ spent: DOLLAR, reserved: 0, reservedBefore: 0 });
  });
});

describe("a cap of 3 in 5 days", () => {
  /** Berlin's clocks go from 02:00 to 03:00 on 2026-03-29: the five days from here have 119 hours on the wall. */
  const START_MS = Date.parse("2026-03-27T20:00:00+01:00");
  const caps = [{ limit: 3, windowMinutes: 5 * 1440 }];
  const campaigns = [{ id: "campaign", advertiserId: "advertiser", status: "active" as const, timeZone: "Europe/Berlin", caps }];
  const catalog = catalogWith(catalogParts({ campaigns }));
  const ofSubject = (subjectId: string, count = 1) => ({ subjectId, placements: [{ id: "top", count }] });
  const startWorld = () => {
    const clock = createManualClock(START_MS);
    const isolates = startIsolates(3, catalog, clock);
    /** So many requests of one page at once: how many of them showed something. */
    const burst = async (subjectId: string, count = 100) => {
      const asked = Array.from({ length: count }, (_, index) => isolates[index % 3]?.decide(ofSubject(subjectId)));
      const shown = (await Promise.all(asked)).flatMap((one) => (one ? creativesOf(one) : []));
      await pass(0, clock, isolates);
      return shown.length;
    };
    return { clock, isolates, burst };
  };

  it("shows three to 100 parallel requests of one subject, from the first view on, and never a fourth", async () => {
    const { isolates, burst } = startWorld();
    expect([await burst("parallel"), await burst("parallel")]).toEqual([3, 0]);
    expect(isolates[0]?.metrics.render()).toMatch(/selvedge_dropped_candidates_total\{reason="frequency_capped"\} [1-9]/);
  });

  it("holds over a change to daylight saving and a restart, until 5 x 24 hours after the first view, to the millisecond", async () => {
    const { clock, burst } = startWorld();
    const at = async (afterMs: number, count?: number) => {
      await clock.advance(START_MS + afterMs - clock.nowMs());
      return burst("daylight", count);
    };
    expect([await at(0, 1), await at(DAY_MS, 1)]).toEqual([1, 1]);
    await evictDurableObject(subjectViews.getByName(await nameSubject("daylight", await importHmacKey("a subject secret"))));
    expect(await at(2 * DAY_MS)).toBe(1); // the clocks have changed
    expect([await at(3 * DAY_MS), await at(5 * DAY_MS - 1), await at(5 * DAY_MS), await at(6 * DAY_MS)]).toEqual([0, 0, 1, 1]);
  });

  it("shows three in one decision that wants five, and nothing to nobody in particular", async () => {
    const { isolates } = startWorld();
    const [edge] = isolates as [Edge];
    const decision = await edge.decide(ofSubject("greedy", 4));
    expect(creativesOf(decision)).toHaveLength(3);
    expect(decision.placements).toMatchObject([{ noServe: "all_candidates_dropped" }]);
    expect(creativesOf(await edge.decide(TOP))).toEqual([]);
    expect(edge.metrics.render()).toMatch(/selvedge_dropped_candidates_total\{reason="frequency_unknown"\} [1-9]/);
  });
});

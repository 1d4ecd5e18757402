// Gates, tiers and slots, through whole decisions: what the state of the moment, a tier or another slot lets nobody show.
import { describe, expect, it } from "vitest";
import type { Catalog, CatalogDocument } from "../../../shared/catalog/catalog.ts";
import { unpackDoubles } from "../../../shared/schemas/packed-numbers.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";
import { CATALOG, catalogWith, decideIn, type ExampleState, exampleInput, requestOf, seenOf, shownIn } from "./example-market.ts";

type Part<Name extends "campaigns" | "flights" | "creatives" | "advertisers" | "tiers"> = CatalogDocument[Name][number];

const CAP = { limit: 3, windowMinutes: 7200 };
const BUDGET = { totalMicros: 10_000_000, dailyMicros: null, pacing: "as-fast-as-possible" } as const;
const campaignOf = (id: string, changes: Partial<Part<"campaigns">> = {}) => {
  return { id, advertiserId: "advertiser", status: "active" as const, ...changes };
};
/** A flight of its own for each campaign, and one creative of the same id. */
const flightOf = (id: string, changes: Partial<Part<"flights">> = {}) => ({ ...FLIGHT, id, campaignId: id, ...changes });

function marketOf(ids: readonly string[], changes: Partial<CatalogDocument> = {}): Catalog {
  return smallCatalog({
    campaigns: ids.map((id) => campaignOf(id)),
    flights: ids.map((id) => flightOf(id)),
    creatives: ids.map((id) => creativeOf(id, { flightId: id })),
    placements: [
      { id: "top", sizes: [SIZE] },
      { id: "side", sizes: [SIZE] },
    ],
    ...changes,
  });
}

const inputOf = (catalog: Catalog, placements: { id: string; count?: number }[] = [{ id: "top" }], subjectId?: string) =>
  exampleInput({
    catalog: catalogWith(catalog),
    request: requestOf({ placements, ...(subjectId !== undefined && { subjectId }) }),
  });
const dropsIn = (input: ReturnType<typeof inputOf>, state?: ExampleState) =>
  Object.fromEntries(decideIn(input, state).event.placements[0]?.dropped.map(({ reason, count }) => [reason, count]) ?? []);
const fundsOf = (left: number, passRate = 1) => ({ left, passRate, shortage: "budget_exhausted" as const });
const spendsIn = ({ placements }: ReturnType<typeof decideIn>) =>
  placements.flatMap(({ slots }) => slots.flatMap(({ spends }) => spends));

describe("frequency caps", () => {
  const capped = marketOf(["c1", "c2"], { campaigns: [campaignOf("c1"), campaignOf("c2", { caps: [CAP] })] });

  it("drop what is capped where nobody is known, where the counters do not answer, and where they say so", () => {
    expect(dropsIn(inputOf(capped))).toEqual({ frequency_unknown: 1 });
    expect(dropsIn(inputOf(capped, undefined, "reader"))).toEqual({ frequency_unavailable: 1 });
    expect(dropsIn(inputOf(capped, undefined, "reader"), { caps: seenOf({ "campaign:c2": 3 }) })).toEqual({
      frequency_capped: 1,
    });
    expect(dropsIn(inputOf(capped, undefined, "reader"), { caps: seenOf({ "campaign:c2": 2 }) })).toEqual({});
    expect(dropsIn(inputOf(capped, undefined, "reader"), { caps: seenOf({ "campaign:c2": 2 }, 1) })).toEqual({
      frequency_capped: 1, // another request may show the last one
    });
  });

  it("count what the decision itself has shown", () => {
    const catalog = marketOf(["c1", "c2"], { advertisers: [{ id: "advertiser", status: "active", domain: null, caps: [CAP] }] });
    const input = inputOf(catalog, [{ id: "top" }, { id: "side" }], "reader");
    const decision = decideIn(input, { caps: seenOf({ "advertiser:advertiser": 2 }) });
    expect(shownIn(decision)).toEqual([["c2"], []]);
    expect(decision.placements[1]?.noServe).toBe("all_candidates_dropped");
    expect(decision.views).toEqual([{ key: "advertiser:advertiser", count: 1, windowMs: 7200 * 60_000 }]);
  });
});

describe("budgets", () => {
  const cpm = { model: "cpm", bidMicros: 1_000_000_000 } as const; // 1,000,000 micros an impression
  const budgeted = marketOf(["c1", "c2"], {
    campaigns: [campaignOf("c1"), campaignOf("c2", { budget: BUDGET })],
    flights: [flightOf("c1"), flightOf("c2", { price: cpm })],
  });

  it("drop what has no lease, what the ledger refuses, and what could cost more than is left", () => {
    expect(dropsIn(inputOf(budgeted))).toEqual({ budget_unavailable: 1 });
    const refused = { accounts: { "c2/money": { ...fundsOf(0), shortage: "pacing_held" as const } } };
    expect(dropsIn(inputOf(budgeted), refused)).toEqual({ pacing_held: 1 });
    expect(dropsIn(inputOf(budgeted), { accounts: { "c2/money": fundsOf(999_999) } })).toEqual({
      budget_exhausted: 1,
    });
    expect(dropsIn(inputOf(budgeted), { accounts: { "c2/money": fundsOf(1_000_000) } })).toEqual({});
  });

  it("are spent from by what is shown, once", () => {
    const input = inputOf(budgeted, [{ id: "top" }, { id: "side" }]);
    const decision = decideIn(input, { accounts: { "c2/money": fundsOf(5_000_000) } });
    expect(spendsIn(decision)).toEqual([{ campaignId: "c2", account: "money", amount: 1_000_000 }]);
    expect(decision.event.placements[0]?.slots[0]).toMatchObject({
      price: { model: "cpm", micros: 1_000_000_000 },
      heldMicros: 1_000_000,
    });
  });

  it("hold the expected price of a click, and want a whole one to be left", () => {
    const catalog = marketOf(["c2"], { campaigns: [campaignOf("c2", { budget: BUDGET })] });
    expect(dropsIn(inputOf(catalog), { accounts: { "c2/holds": fundsOf(999_999) } })).toEqual({
      budget_exhausted: 1,
    });
    const decision = decideIn(inputOf(catalog), { accounts: { "c2/holds": fundsOf(1_000_000) } });
    const probability = decision.event.placements[0]?.slots[0]?.probability ?? 0;
    expect(spendsIn(decision)).toEqual([{ campaignId: "c2", account: "holds", amount: Math.ceil(1_000_000 * probability) }]);
  });

  it("give goals an impression each", () => {
    const goal = { totalImpressions: 10, dailyImpressions: null, pacing: "even" } as const;
    const catalog = marketOf(["c1", "c2"], { flights: [flightOf("c1", { goal }), flightOf("c2", { goal })] });
    const accounts = { "c1/flight:c1": fundsOf(0), "c2/flight:c2": fundsOf(1) };
    const decision = decideIn(inputOf(catalog, [{ id: "top", count: 2 }]), { accounts });
    expect(shownIn(decision)).toEqual([["c2"]]);
    expect(spendsIn(decision)).toEqual([{ campaignId: "c2", account: "flight:c2", amount: 1 }]);
    expect(decision.event.placements[0]?.dropped).toEqual([{ reason: "budget_exhausted", count: 1 }]);
  });
});

describe("pacing", () => {
  const catalog = marketOf(["c1", "c2"], { campaigns: [campaignOf("c1", { budget: BUDGET }), campaignOf("c2")] });
  const creatives = [...catalog.creatives, ...smallCatalog({ creatives: [creativeOf("c3", { flightId: "c1" })] }).creatives];
  const input = inputOf({ ...catalog, creatives });
  const state = { accounts: { "c1/holds": fundsOf(9_000_000, 0.3) } };

  it("lets the lease's share of decisions pass, all creatives of an account alike, and counts each chance", () => {
    let held = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const { event, opportunities } = decideIn({ ...input, seed: Math.imul(seed, 0x9e3779b9) >>> 0 }, state);
      const count = event.placements[0]?.dropped.find(({ reason }) => reason === "pacing_held")?.count ?? 0;
      expect([0, 2]).toContain(count);
      expect(opportunities).toEqual([{ campaignId: "c1", account: "holds", count: 1 }]);
      if (count > 0) held++;
    }
    expect(held / 3000).toBeCloseTo(0.7, 1);
  });
});

describe("tiers", () => {
  const tiers = ["sponsor", "standard", "house"].map((id): Part<"tiers"> => {
    return { id, selection: id === "standard" ? "auction" : "weighted" };
  });
  const flights = (prices: Partial<Part<"flights">> = {}) => [
    flightOf("c0", { tierId: "sponsor", startMs: 0, endMs: 1, ...prices }),
    flightOf("c1", { tierId: "standard" }),
    flightOf("c2", { tierId: "standard" }),
    flightOf("c3", { tierId: "house" }),
  ];
  const ids = ["c0", "c1", "c2", "c3"];

  it("are asked in order: the first that has somebody to show decides", () => {
    const input = inputOf(marketOf(ids, { tiers, flights: flights() }));
    expect(shownIn(decideIn(input))).toEqual([["c2"]]);
    expect(dropsIn(input)).toEqual({ flight_ended: 1, tier_outranked: 1 });
    const sponsored = inputOf(marketOf(ids, { tiers, flights: flights({ endMs: null }) }));
    expect(shownIn(decideIn(sponsored))).toEqual([["c0"]]);
    expect(decideIn(sponsored).event.placements[0]).toMatchObject({
      tiers: [{ tierId: "sponsor", policy: null }],
      slots: [{ minimumToWinMicros: null }],
    });
  });

  it("that are below the floor are passed over", () => {
    const floor = { placements: [{ id: "top", sizes: [SIZE], floorMicros: 10_000_000_000 }] };
    const rich = { price: { model: "cpm", bidMicros: 20_000_000_000 } } as const;
    const catalog = marketOf(ids, {
      tiers,
      flights: [...flights().slice(0, 3), flightOf("c3", { tierId: "house", ...rich })],
      ...floor,
    });
    expect(shownIn(decideIn(inputOf(catalog)))).toEqual([["c3"]]);
    expect(dropsIn(inputOf(catalog))).toEqual({ flight_ended: 1, below_floor: 2 });
  });

  it("fill slots one after the other", () => {
    const input = inputOf(marketOf(ids, { tiers, flights: flights({ endMs: null }) }), [{ id: "top", count: 4 }]);
    expect(shownIn(decideIn(input))).toEqual([["c0", "c2", "c1", "c3"]]);
    expect(decideIn(input).event.placements[0]?.slots.map(({ tierIndex }) => tierIndex)).toEqual([0, 1, 1, 2]);
  });

  it("by lot are drawn by the flights' weights", () => {
    const weighted = { tierId: "house" } as const;
    const catalog = marketOf(["c1", "c2"], {
      tiers,
      flights: [flightOf("c1", { ...weighted, weight: 3 }), flightOf("c2", weighted)],
    });
    const [slot] = decideIn(inputOf(catalog)).event.placements[0]?.slots ?? [];
    expect([...(unpackDoubles(slot?.propensities ?? "") ?? [])].sort()).toEqual([0.25, 0.75]);
  });
});

describe("several placements", () => {
  it("never show a creative twice", () => {
    const input = inputOf(marketOf(["c1", "c2"]), [{ id: "top" }, { id: "side" }]);
    expect(shownIn(decideIn(input))).toEqual([["c2"], ["c1"]]);
    expect(decideIn(input).event.placements[1]?.dropped).toEqual([{ reason: "already_shown", count: 1 }]);
  });

  it("keep competitors apart", () => {
    const group = { separationGroups: ["cars"] };
    const campaigns = [campaignOf("c1", group), campaignOf("c2", group), campaignOf("c3")];
    const catalog = marketOf(["c1", "c2", "c3"], { campaigns });
    expect(shownIn(decideIn(inputOf(catalog, [{ id: "top", count: 3 }])))).toEqual([["c2", "c3"]]);
    const input = inputOf(catalog, [{ id: "top" }, { id: "side" }]);
    expect(shownIn(decideIn(input))).toEqual([["c2"], ["c3"]]);
    expect(decideIn(input).event.placements[1]?.dropped).toContainEqual({ reason: "competitor_shown", count: 1 });
  });
});

describe("prices of several slots", () => {
  it("are generalised second prices: each pays what keeps it before the next", () => {
    const bids = { c0: 4_000_000, c1: 10_000_000, c2: 2_000_000 };
    const flights = Object.entries(bids).map(([id, bidMicros]) => flightOf(id, { price: { model: "cpm", bidMicros } }));
    const catalog = marketOf(Object.keys(bids), { flights, auction: { pricing: "second-price" } });
    const slots = decideIn(inputOf(catalog, [{ id: "top", count: 2 }])).event.placements[0]?.slots ?? [];
    expect(slots.map(({ creativeId, price }) => [creativeId, price?.micros])).toEqual([
      ["c1", 4_000_001], // "c0" would win a tie by its id
      ["c0", 2_000_000],
    ]);
  });
});

describe("the propensity", () => {
  it("of a whole decision is the product of its slots': joint counts of many decisions pass a chi-squared test", () => {
    const tiers: Part<"tiers">[] = [
      { id: "auction", selection: "auction" },
      { id: "house", selection: "weighted" },
    ];
    const tierOf = (id: string) => ({ tierId: id === "c3" ? "house" : "auction" });
    const group = { separationGroups: ["cars"] };
    const catalog = marketOf(["c0", "c1", "c2", "c3"], {
      policy: { name: "softmax", temperature: 0.5 },
      tiers,
      campaigns: [campaignOf("c0", group), campaignOf("c1", group), campaignOf("c2", { caps: [CAP] }), campaignOf("c3")],
      flights: ["c0", "c1", "c2", "c3"].map((id) => flightOf(id, tierOf(id))),
    });
    const input = inputOf(catalog, [{ id: "top", count: 2 }, { id: "side" }], "reader");
    const state = { caps: seenOf({ "campaign:c2": 2 }) };
    const joint = new Map<string, { count: number; propensity: number }>();
    const DECISIONS = 20_000;
    for (let seed = 0; seed < DECISIONS; seed++) {
      const decision = decideIn({ ...input, seed: Math.imul(seed, 0x85ebca6b) >>> 0 }, state);
      const slots = decision.placements.flatMap((placement) => placement.slots);
      const key = shownIn(decision).join("|");
      const propensity = slots.reduce((product, slot) => product * slot.propensity, 1);
      const seen = joint.get(key) ?? { count: 0, propensity };
      expect(propensity).toBe(seen.propensity);
      joint.set(key, { count: seen.count + 1, propensity });
    }
    const outcomes = [...joint.values()];
    expect(outcomes.length).toBeGreaterThan(3);
    expect(outcomes.reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(1, 12); // none is missing
    const statistic = outcomes.reduce((sum, { count, propensity }) => {
      const expected = DECISIONS * propensity;
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    expect(statistic).toBeLessThan(27.88); // 9 degrees of freedom or fewer, at .001
  });
});

it("what nobody may show is empty, with its reason", () => {
  const decision = decideIn(
    inputOf(
      smallCatalog({
        ...CATALOG,
        creatives: [creativeOf("c", { status: "paused" })],
        placements: [{ id: "top", sizes: [SIZE] }],
      }),
    ),
  );
  expect(decision.placements).toMatchObject([{ slots: [], noServe: "all_candidates_dropped" }]);
});

it("a tier that follows another sees what that one has spent, shown and closed", () => {
  const tiers = ["standard", "house"].map((id): Part<"tiers"> => ({ id, selection: "auction" }));
  const flights = [{ ...flightOf("c0"), campaignId: "c1" }, { ...flightOf("c1", { tierId: "house" }) }];
  const campaigns = [campaignOf("c0"), campaignOf("c1", { budget: BUDGET })];
  const input = inputOf(marketOf(["c0", "c1"], { tiers, flights, campaigns }), [{ id: "top", count: 2 }]);
  const decision = decideIn(input, { accounts: { "c1/holds": fundsOf(1_000_000) } });
  expect(shownIn(decision)).toEqual([["c0"]]); // not a whole click is left for the second
  expect(decision.event.placements[0]?.dropped).toEqual([{ reason: "budget_exhausted", count: 1 }]);
});

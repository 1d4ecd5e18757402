// The decision as a whole: what is chosen, what is recorded, and that the record can be replayed.
import fc from "fast-check";
import type * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { DecisionInput } from "../../../functions/decision/decide.ts";
import { uniformFrom } from "../../../functions/decision/seeds.ts";
import type { EdgeModel } from "../../../functions/model/model.ts";
import type { Experiment } from "../../../shared/catalog/experiment.ts";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { draw } from "../../../shared/policies/draw.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { DecisionEvent } from "../../../shared/schemas/decision-record.ts";
import type { DecisionRequest } from "../../../shared/schemas/decisions.ts";
import { unpackDoubles, unpackFloats } from "../../../shared/schemas/packed-numbers.ts";
import type { CachingScorer, Scores } from "../../../shared/scoring/scorer.ts";
import { CATALOG, catalogWith, decideIn, exampleInput, exampleModel, MODEL, requestOf, shownIn } from "./example-market.ts";

const policies: Policy[] = [{ name: "greedy" }, { name: "epsilon-greedy", epsilon: 0.3 }, { name: "random" }];
const inline = (id: string) => ({ id, landingUrl: "https://shop.example", features: { brand: "x" } });
const slotOf = (input: DecisionInput) => decideIn(input).event.placements[0]?.slots[0];

describe("a decision", () => {
  it("chooses the best creative under the greedy policy, and says how likely its click is", () => {
    const decision = decideIn(exampleInput());
    expect(shownIn(decision)).toEqual([["c2"]]);
    expect(decision.placements).toMatchObject([{ placementId: "top", fallback: null, noServe: null }]);
    expect(decision.placements[0]?.slots[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 6); // -2 + 0.5 + 3
    expect(decision.modelVersion).toBe(MODEL.version);
  });

  it("records the request, the context, every candidate with its score, how many were dropped and why", () => {
    const { event } = decideIn(exampleInput());
    expect(event).toMatchObject({
      id: "d-1.decision",
      request: { features: { device: "mobile" }, placements: [{ id: "top", count: 1 }] },
      model: { task: "ad-click", channel: "stable", version: MODEL.version },
      catalogVersion: "catalog00001",
      seed: 7,
    });
    expect(event.placements).toMatchObject([
      {
        placementId: "top",
        features: { device: "mobile", position: "top", hour: 12, weekday: 2 },
        dropped: [{ reason: "size_mismatch", count: 1 }],
        tiers: [{ tierId: "standard", policy: { name: "greedy" }, creativeIds: ["c2", "c1", "c3", "c0"] }],
        slots: [
          {
            creativeId: "c2",
            tierIndex: 0,
            propensity: 1,
            logit: 1.5,
            price: { model: "cpc", micros: 1_000_000 },
            features: { creativeId: "c2", flightId: "flight", campaignId: "campaign", advertiserId: "advertiser" },
          },
        ],
      },
    ]);
    expect([...(unpackFloats(event.placements[0]?.tiers[0]?.logits ?? "") ?? [])]).toEqual([1.5, 0.5, -0.5, -1.5]);
    expect([...(unpackDoubles(event.placements[0]?.slots[0]?.propensities ?? "") ?? [])]).toEqual([1, 0, 0, 0]);
  });

  it("lets nobody overrule the clock: hour and weekday are derived", () => {
    const request = requestOf({ features: { hour: 99, position: "sent" }, placements: [{ id: "top" }] });
    const { event } = decideIn(exampleInput({ request }));
    expect(event.placements[0]?.features).toMatchObject({ hour: 12, position: "sent" });
  });

  it("takes the request's own candidates, and needs no placement in the catalog for them", () => {
    const placements = [{ id: "elsewhere", candidates: [inline("mine"), inline("other")] }];
    const decision = decideIn(exampleInput({ request: requestOf({ placements }) }));
    expect(shownIn(decision)).toEqual([["mine"]]); // both unseen: the tie goes to the first id
    expect(decision.event.placements[0]).toMatchObject({
      tiers: [{ tierId: null, creativeIds: ["mine", "other"] }],
      slots: [{ price: null, features: { brand: "x", creativeId: "mine" } }],
    });
  });

  it.each([
    ["placement_unknown", "placements[1].id", [{ id: "top" }, { id: "nowhere" }]],
    ["id_duplicate", "placements[1].id", [{ id: "top" }, { id: "top" }]],
    ["id_duplicate", "placements[0].candidates[1].id", [{ id: "top", candidates: [inline("a"), inline("a")] }]],
  ])("refuses with %s at %s", (code, path, placements) => {
    const request = requestOf({ placements });
    expect(() => decideIn(exampleInput({ request }))).toThrow(expect.objectContaining({ code, path }));
  });
});

const scoresOf = (...logits: number[]): Scores => ({
  logits: Float32Array.from(logits),
  probabilities: Float64Array.from(logits),
});
const scorerOf = (score: () => Scores): CachingScorer => ({
  drawCount: 0,
  score,
  scoreCached: score,
  scoreDraws: () => expect.fail("no draws"),
  scoreDrawsCached: () => expect.fail("no draws"),
});

describe("a decision that cannot be made as usual", () => {
  const uniform = { propensity: 0.25, logit: null, probability: null, price: { model: "cpc", micros: 1_000_000 } };

  it("falls back to a uniform draw where there is no model, and says so", () => {
    const { placements, event, modelVersion } = decideIn(exampleInput({ models: new Map() }));
    expect(placements).toMatchObject([{ fallback: "no_model" }]);
    expect(event).toMatchObject({ model: null, placements: [{ fallback: "no_model", slots: [uniform] }] });
    expect(event.placements[0]?.tiers).toMatchObject([{ policy: { name: "random" }, logits: null }]);
    expect(modelVersion).toBeNull();
  });

  it("does not where the policy is random: it needs no model", () => {
    const catalog = catalogWith({ policy: { name: "random" } });
    const { event } = decideIn(exampleInput({ models: new Map(), catalog }));
    expect(event.placements).toMatchObject([{ fallback: null, tiers: [{ policy: { name: "random" } }], slots: [uniform] }]);
  });

  it("does not where all bids are for impressions: what they are worth needs no model", () => {
    const [flight] = CATALOG.flights;
    const catalog = catalogWith({ flights: [{ ...flight!, price: { model: "cpm", bidMicros: 2_000_000 } }] });
    const { event } = decideIn(exampleInput({ models: new Map(), catalog }));
    expect(event.placements).toMatchObject([{ fallback: null, tiers: [{ policy: { name: "greedy" } }] }]);
    expect(event.placements[0]?.slots).toMatchObject([{ creativeId: "c0", valueMicros: 2_000_000, heldMicros: 2000 }]);
  });

  it.each<[string, Partial<EdgeModel>]>([
    ["gives NaN", { scorer: scorerOf(() => scoresOf(1, Number.NaN, 1, 1)) }],
    ["gives too few", { scorer: scorerOf(() => scoresOf(1)) }],
    [
      "traps",
      {
        scorer: scorerOf(() => {
          throw new WebAssembly.RuntimeError("unreachable");
        }),
      },
    ],
  ])("falls back where the model %s", (_, broken) => {
    const models = new Map([["stable" as const, { ...MODEL, value: { ...MODEL.value, ...broken } }]]);
    const { event } = decideIn(exampleInput({ models }));
    expect(event.placements).toMatchObject([
      { fallback: "score_failed", tiers: [{ policy: { name: "random" } }], slots: [uniform] },
    ]);
  });

  it("serves nothing where there is no catalog, unless the request brings candidates", () => {
    const nothing = catalogWith({ creatives: [], placements: [], experiments: [] });
    const request = requestOf({ placements: [{ id: "top" }, { id: "own", candidates: [inline("mine")] }] });
    const decision = decideIn(exampleInput({ catalog: nothing, catalogVersion: null, request }));
    expect(decision.placements).toMatchObject([{ noServe: "no_catalog" }, { noServe: null }]);
    expect(shownIn(decision)).toEqual([[], ["mine"]]);
  });

  it("says whether there was nothing to show or nothing was allowed", () => {
    const empty = decideIn(exampleInput({ catalog: catalogWith({ creatives: [] }) }));
    expect(empty.placements[0]?.noServe).toBe("no_candidates");
    const campaigns = [{ ...CATALOG.campaigns[0]!, status: "paused" as const }];
    const paused = decideIn(exampleInput({ catalog: catalogWith({ campaigns }) }));
    expect(paused.placements[0]?.noServe).toBe("all_candidates_dropped");
    expect(paused.event.placements[0]?.dropped).toEqual([{ reason: "campaign_paused", count: 5 }]);
  });
});

describe("an experiment", () => {
  const experiment: Experiment = {
    id: "exploring",
    status: "active",
    hashVersion: 1,
    seed: "one",
    coverage: 10_000,
    arms: [{ id: "all", weight: 1, policy: { name: "random" }, channel: "canary" }],
  };
  const catalog = catalogWith({ experiments: [experiment] });
  const request = requestOf({ subjectId: "reader", placements: [{ id: "top" }] });
  const canary = { value: exampleModel({ c0: 9 }), version: "canary000000" };

  it("overrides policy and channel for its subjects, and is recorded", () => {
    const models = new Map([["stable", MODEL] as const, ["canary", canary] as const]);
    const { event, assignments, modelVersion } = decideIn(exampleInput({ catalog, request, models }));
    expect(event).toMatchObject({ model: { channel: "canary" }, assignments });
    expect(event.placements).toMatchObject([{ tiers: [{ policy: { name: "random" } }], slots: [{ propensity: 0.25 }] }]);
    expect(event.placements[0]?.tiers[0]?.creativeIds[0]).toBe("c0");
    expect(assignments).toMatchObject([{ experimentId: "exploring", armId: "all", hashVersion: 1 }]);
    expect(modelVersion).toBe("canary000000");
  });

  it("leaves a request without a subject alone", () => {
    const { event } = decideIn(exampleInput({ catalog }));
    expect(event).toMatchObject({ assignments: [], placements: [{ tiers: [{ policy: { name: "greedy" } }] }] });
  });

  it("serves from stable where its channel has nothing, and the record says so", () => {
    const { event } = decideIn(exampleInput({ catalog, request }));
    expect(event).toMatchObject({ model: { channel: "stable", version: MODEL.version }, placements: [{ fallback: null }] });
  });
});

describe("the record", () => {
  const inputs = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    policy: fc.constantFrom(...policies),
    hasModel: fc.boolean(),
    placements: fc.constantFrom<v.InferInput<typeof DecisionRequest>["placements"][]>(
      [{ id: "top", count: 3 }],
      [{ id: "banner" }, { id: "top" }],
      [{ id: "x", candidates: [inline("a")] }],
    ),
  });
  const inputOf = ({ seed, policy, hasModel, placements }: typeof inputs extends fc.Arbitrary<infer T> ? T : never) =>
    exampleInput({
      seed,
      catalog: catalogWith({ policy }),
      request: requestOf({ placements }),
      ...(!hasModel && { models: new Map() }),
    });

  it("is the same, byte for byte, for the same input", () => {
    fc.assert(
      fc.property(inputs, (some) => {
        expect(JSON.stringify(decideIn(inputOf(some)).event)).toBe(JSON.stringify(decideIn(inputOf(some)).event));
      }),
    );
  });

  it("is what the schema says, sums to 1, and replays to the creatives that were shown, from itself alone", () => {
    fc.assert(
      fc.property(inputs, (some) => {
        const { placements } = parse(DecisionEvent, JSON.parse(JSON.stringify(decideIn(inputOf(some)).event)));
        for (const { tiers, slots } of placements) {
          for (const { creativeId, tierIndex, propensity, propensities, seed } of slots) {
            const odds = [...(unpackDoubles(propensities) ?? [])];
            const drawn = draw(odds, uniformFrom(seed));
            expect(odds.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
            expect(tiers[tierIndex]?.creativeIds[drawn]).toBe(creativeId);
            expect(propensity).toBe(odds[drawn]);
            expect(propensity).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  it("shows the creatives as often as it says", () => {
    const counts = new Map<string | undefined, number>();
    const input = exampleInput({ catalog: catalogWith({ policy: { name: "epsilon-greedy", epsilon: 0.4 } }) });
    for (let seed = 0; seed < 20_000; seed++) {
      const chosen = slotOf({ ...input, seed: Math.imul(seed, 0x9e3779b9) >>> 0 })?.creativeId;
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect((counts.get("c2") ?? 0) / 20_000).toBeCloseTo(0.7, 1);
    for (const other of ["c0", "c1", "c3"]) expect((counts.get(other) ?? 0) / 20_000).toBeCloseTo(0.1, 1);
  });
});

// The decision as a whole: what is chosen, what is recorded, and that the record can be replayed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../functions/decision/decide.ts";
import { draw } from "../../../functions/decision/exploration.ts";
import { uniformFrom } from "../../../functions/decision/seeds.ts";
import type { EdgeModel } from "../../../functions/model/model.ts";
import type { Experiment } from "../../../shared/catalog/experiment.ts";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import type { DecisionRequest } from "../../../shared/schemas/decisions.ts";
import { DecisionEvent } from "../../../shared/schemas/events.ts";
import type { CachingScorer, Scores } from "../../../shared/scoring/scorer.ts";
import { CATALOG, catalogWith, exampleInput, exampleModel, MODEL } from "./example-market.ts";

const policies: Policy[] = [{ name: "greedy" }, { name: "epsilon-greedy", epsilon: 0.3 }, { name: "random" }];
const inline = (id: string) => ({ id, landingUrl: "https://shop.example", features: { brand: "x" } });

describe("a decision", () => {
  it("chooses the best creative under the greedy policy, and says how likely its click is", () => {
    const { placements, modelVersion } = decide(exampleInput());
    expect(placements).toMatchObject([{ placementId: "top", chosen: { creativeId: "c2" }, fallback: null, noServe: null }]);
    expect(placements[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 6); // -2 + 0.5 + 3
    expect(modelVersion).toBe(MODEL.version);
  });

  it("records the context, every candidate with its score, every drop with its reason", () => {
    const [event] = decide(exampleInput()).events;
    expect(event).toMatchObject({
      id: "d-1.top.decision",
      features: { device: "mobile", position: "top", hour: 12, weekday: 2 },
      candidates: [
        { creativeId: "c2", propensity: 1, features: { creativeId: "c2", campaignId: "campaign" } },
        { creativeId: "c1", propensity: 0 },
        { creativeId: "c3", propensity: 0 },
        { creativeId: "c0", propensity: 0 },
      ],
      dropped: [{ creativeId: "wide", reason: "size_mismatch" }],
      chosenId: "c2",
      propensity: 1,
      model: { task: "ad-click", channel: "stable", version: MODEL.version },
      catalogVersion: "catalog00001",
      seed: 7,
    });
    expect(event?.candidates[1]?.logit).toBeCloseTo(0.5, 6);
    expect(event?.candidates[1]).not.toHaveProperty("features");
  });

  it("lets nobody overrule the clock: hour and weekday are derived", () => {
    const request = { features: { hour: 99, position: "sent" }, placements: [{ id: "top" }] };
    expect(decide(exampleInput({ request })).events[0]?.features).toMatchObject({ hour: 12, position: "sent" });
  });

  it("takes the request's own candidates, keeps their features, and needs no placement in the catalog for them", () => {
    const request = { features: {}, placements: [{ id: "elsewhere", candidates: [inline("mine"), inline("other")] }] };
    const { placements, events } = decide(exampleInput({ request }));
    expect(placements[0]?.chosen?.creativeId).toBe("mine"); // both unseen: the tie goes to the first id
    expect(events[0]?.candidates.map(({ features }) => features)).toEqual([
      { brand: "x", creativeId: "mine" },
      { brand: "x", creativeId: "other" },
    ]);
  });

  it.each([
    ["placement_unknown", "placements[1].id", [{ id: "top" }, { id: "nowhere" }]],
    ["id_duplicate", "placements[1].id", [{ id: "top" }, { id: "top" }]],
    ["id_duplicate", "placements[0].candidates[1].id", [{ id: "top", candidates: [inline("a"), inline("a")] }]],
  ])("refuses with %s at %s", (code, path, placements) => {
    const request = { features: {}, placements };
    expect(() => decide(exampleInput({ request }))).toThrow(expect.objectContaining({ code, path }));
  });
});

const scoresOf = (...logits: number[]): Scores => ({
  logits: Float32Array.from(logits),
  probabilities: Float64Array.from(logits),
});
const scorerOf = (score: () => Scores): CachingScorer => ({ score, scoreCached: score });

describe("a decision that cannot be made as usual", () => {
  it("falls back to a uniform draw where there is no model, and says so", () => {
    const { placements, events, modelVersion } = decide(exampleInput({ models: new Map() }));
    expect(placements).toMatchObject([{ fallback: "no_model", probability: null }]);
    expect(events[0]).toMatchObject({ policy: { name: "random" }, propensity: 0.25, model: null, fallback: "no_model" });
    expect(modelVersion).toBeNull();
  });

  it("is none where the policy is random: it needs no model", () => {
    const { placements, events } = decide(
      exampleInput({ models: new Map(), catalog: catalogWith({ policy: { name: "random" } }) }),
    );
    expect(placements).toMatchObject([{ fallback: null, probability: null }]);
    expect(events[0]).toMatchObject({ policy: { name: "random" }, propensity: 0.25, model: null, fallback: null });
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
    const { events } = decide(exampleInput({ models }));
    expect(events[0]).toMatchObject({ fallback: "score_failed", propensity: 0.25, policy: { name: "random" } });
  });

  it("serves nothing where there is no catalog, unless the request brings candidates", () => {
    const nothing = catalogWith({ creatives: [], placements: [], experiments: [] });
    const placements = [{ id: "top" }, { id: "own", candidates: [inline("mine")] }];
    const decision = decide(exampleInput({ catalog: nothing, catalogVersion: null, request: { features: {}, placements } }));
    expect(decision.placements).toMatchObject([
      { noServe: "no_catalog", chosen: null },
      { noServe: null, chosen: { creativeId: "mine" } },
    ]);
    expect(decision.events[0]).toMatchObject({ chosenId: null, propensity: null, noServe: "no_catalog" });
  });

  it("says whether there was nothing to show or nothing was allowed", () => {
    const empty = decide(exampleInput({ catalog: catalogWith({ creatives: [] }) }));
    expect(empty.placements[0]?.noServe).toBe("no_candidates");
    const campaigns = [{ ...CATALOG.campaigns[0]!, status: "paused" as const }];
    const paused = decide(exampleInput({ catalog: catalogWith({ campaigns }) }));
    expect(paused.placements[0]?.noServe).toBe("all_candidates_dropped");
    expect(new Set(paused.events[0]?.dropped.map(({ reason }) => reason))).toEqual(new Set(["campaign_paused"]));
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
  const request = { subjectId: "reader", features: {}, placements: [{ id: "top" }] };
  const canary = { value: exampleModel({ c0: 9 }), version: "canary000000" };

  it("overrides policy and channel for its subjects, and is recorded", () => {
    const models = new Map([["stable", MODEL] as const, ["canary", canary] as const]);
    const { events, assignments, modelVersion } = decide(exampleInput({ catalog, request, models }));
    expect(events[0]).toMatchObject({ policy: { name: "random" }, model: { channel: "canary" }, propensity: 0.25 });
    expect(events[0]?.candidates[0]?.creativeId).toBe("c0");
    expect(assignments).toMatchObject([{ experimentId: "exploring", armId: "all", hashVersion: 1 }]);
    expect(modelVersion).toBe("canary000000");
  });

  it("leaves a request without a subject alone", () => {
    const { events } = decide(exampleInput({ catalog }));
    expect(events[0]).toMatchObject({ policy: { name: "greedy" }, assignments: [], subjectId: null });
  });

  it("serves from stable where its channel has nothing, and the record says so", () => {
    const { events } = decide(exampleInput({ catalog, request }));
    expect(events[0]).toMatchObject({ fallback: null, model: { channel: "stable", version: MODEL.version } });
  });
});

describe("the record", () => {
  const inputs = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    policy: fc.constantFrom(...policies),
    hasModel: fc.boolean(),
    placements: fc.constantFrom<DecisionRequest["placements"][]>(
      [{ id: "top" }],
      [{ id: "banner" }, { id: "top" }],
      [{ id: "x", candidates: [inline("a")] }],
    ),
  });
  const inputOf = ({ seed, policy, hasModel, placements }: typeof inputs extends fc.Arbitrary<infer T> ? T : never) =>
    exampleInput({
      seed,
      catalog: catalogWith({ policy }),
      request: { features: {}, placements },
      ...(!hasModel && { models: new Map() }),
    });

  it("is the same, byte for byte, for the same input", () => {
    fc.assert(
      fc.property(inputs, (some) => {
        expect(JSON.stringify(decide(inputOf(some)))).toBe(JSON.stringify(decide(inputOf(some))));
      }),
    );
  });

  it("is what the schema says, sums to 1, and replays to the creative that was shown, from itself alone", () => {
    fc.assert(
      fc.property(inputs, (some) => {
        for (const event of decide(inputOf(some)).events) {
          const { candidates, chosenId, propensity, seed } = parse(DecisionEvent, JSON.parse(JSON.stringify(event)));
          const propensities = candidates.map((candidate) => candidate.propensity);
          expect(propensities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
          const replayed = candidates[draw(propensities, uniformFrom(seed))];
          expect(replayed?.creativeId).toBe(chosenId);
          expect(propensity).toBe(replayed?.propensity);
          expect(propensity).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("shows the creatives as often as it says", () => {
    const counts = new Map<string | null, number>();
    const input = exampleInput({ catalog: catalogWith({ policy: { name: "epsilon-greedy", epsilon: 0.4 } }) });
    for (let seed = 0; seed < 20_000; seed++) {
      const chosen = decide({ ...input, seed: Math.imul(seed, 0x9e3779b9) >>> 0 }).events[0]?.chosenId ?? null;
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect((counts.get("c2") ?? 0) / 20_000).toBeCloseTo(0.7, 1);
    for (const other of ["c0", "c1", "c3"]) expect((counts.get(other) ?? 0) / 20_000).toBeCloseTo(0.1, 1);
  });
});

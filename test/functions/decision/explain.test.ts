// An explanation counts everybody, lists those that matter, and is what its wire type says.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explain, type PlacementFacts } from "../../../functions/decision/explain.ts";
import { DROP_REASONS, DropReason } from "../../../shared/catalog/reasons.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Explanation, MAX_EXPLAINED_CANDIDATES, MAX_EXPLAINED_DROPS, STAGES } from "../../../shared/schemas/explanation.ts";

const FACTS: PlacementFacts = {
  placementId: "top",
  considered: 6,
  dropped: [
    { creativeId: "asleep", reason: "flight_not_started" },
    { creativeId: "wide", reason: "size_mismatch" },
    { creativeId: "tall", reason: "size_mismatch" },
    { creativeId: "cheap", reason: "below_floor" },
  ],
  tierId: "auction",
  candidates: [
    { creativeId: "shoes", value: 2_400_000.4, probability: 0.012, propensities: [0.95] },
    { creativeId: "bikes", value: 1_000_000, probability: 0.005, propensities: [0.05] },
  ],
  slots: [
    {
      candidateIndex: 1,
      priceMicros: 900_000,
      minimumToWinMicros: 2_400_001,
      score: { logit: -5.25, baseline: -4, parts: [{ field: "country", part: -1.5 }], rounding: 0.25 },
    },
  ],
  policy: { name: "epsilon-greedy", epsilon: 0.1 },
  assignments: [{ experimentId: "bolder", armId: "control", bucket: 1234, hashVersion: 1 }],
  seed: 7,
};

describe("an explanation", () => {
  it("says what every stage left and dropped, with OpenRTB's codes", () => {
    const { stages } = explain(FACTS);
    expect(stages.map(({ stage, survivors }) => [stage, survivors])).toEqual([
      ["catalog", 5],
      ["targeting", 5],
      ["placement", 3],
      ["frequency", 3],
      ["budget", 3],
      ["tier", 3],
      ["auction", 2],
    ]);
    expect(stages[2]?.dropped).toEqual([{ reason: "size_mismatch", openrtb: 203, count: 2 }]);
    expect(stages[6]?.dropped).toEqual([{ reason: "below_floor", openrtb: 100, count: 1 }]);
  });

  it("lists dropped creatives, those that came furthest first", () => {
    expect(explain(FACTS).dropped).toEqual([
      { creativeId: "cheap", reason: "below_floor", openrtb: 100 },
      { creativeId: "wide", reason: "size_mismatch", openrtb: 203 },
      { creativeId: "tall", reason: "size_mismatch", openrtb: 203 },
      { creativeId: "asleep", reason: "flight_not_started", openrtb: null },
    ]);
  });

  it("gives each loser the code 102, and the one shown none", () => {
    expect(explain(FACTS).candidates).toEqual([
      { creativeId: "shoes", rank: 1, valueMicros: 2_400_000, probability: 0.012, propensities: [0.95], openrtb: 102 },
      { creativeId: "bikes", rank: 2, valueMicros: 1_000_000, probability: 0.005, propensities: [0.05], openrtb: null },
    ]);
  });

  it("takes the score of the one shown apart, and says what it paid and how probable it was", () => {
    expect(explain(FACTS).slots).toEqual([
      {
        ...{ creativeId: "bikes", rank: 2, propensity: 0.05, priceMicros: 900_000, minimumToWinMicros: 2_400_001 },
        score: FACTS.slots[0]?.score,
      },
    ]);
  });

  it("leaves an empty slot empty", () => {
    const empty = { candidateIndex: null, priceMicros: null, minimumToWinMicros: null, score: null };
    const { slots, stages } = explain({ ...FACTS, candidates: [], considered: 4, slots: [empty], policy: null, tierId: null });
    const nothing = { creativeId: null, rank: null, propensity: null, priceMicros: null, minimumToWinMicros: null, score: null };
    expect(slots).toEqual([nothing]);
    expect(stages.at(-1)?.survivors).toBe(0);
  });
});

describe("over any facts, an explanation", () => {
  const reasons = Object.keys(DROP_REASONS) as DropReason[]; // the keys of that constant
  const anyFacts = fc.record({
    reasons: fc.array(fc.constantFrom(...reasons), { maxLength: 500 }),
    candidateCount: fc.integer({ min: 0, max: 120 }),
    slotCount: fc.integer({ min: 1, max: 4 }),
  });

  it("counts each drop once, lists only as many as it may, and is what its wire type says", () => {
    fc.assert(
      fc.property(anyFacts, ({ reasons, candidateCount, slotCount }) => {
        const explanation = explain(toFacts(reasons, candidateCount, slotCount));
        expect(parse(Explanation, explanation)).toEqual(explanation);
        const { stages, dropped, candidates, considered } = explanation;
        const counted = stages.flatMap((stage) => stage.dropped).reduce((sum, { count }) => sum + count, 0);
        expect(counted).toBe(reasons.length);
        expect(stages.map(({ stage }) => stage)).toEqual([...STAGES]);
        expect(stages.at(-1)?.survivors).toBe(considered - reasons.length);
        expect(dropped).toHaveLength(Math.min(MAX_EXPLAINED_DROPS, reasons.length));
        expect(candidates).toHaveLength(Math.min(MAX_EXPLAINED_CANDIDATES, candidateCount));
        expect(explanation.candidateCount).toBe(candidateCount);
        const order = dropped.map(({ reason }) => STAGES.indexOf(DROP_REASONS[reason].stage));
        expect(order).toEqual([...order].sort((a, b) => b - a));
      }),
      { numRuns: 50 },
    );
  });

  it("names each stage that a reason can belong to", () => {
    const stages = new Set(Object.values(DROP_REASONS).map(({ stage }) => stage));
    expect([...stages].sort()).toEqual([...STAGES].sort());
    expect(DropReason.options).toEqual(reasons);
  });
});

/** As many candidates, each as probable as the others in every slot; the first ones are shown. */
function toFacts(reasons: readonly DropReason[], candidateCount: number, slotCount: number): PlacementFacts {
  const propensities = Array.from({ length: slotCount }, () => 1 / candidateCount);
  return {
    ...FACTS,
    considered: reasons.length + candidateCount,
    dropped: reasons.map((reason, index) => ({ creativeId: `dropped-${index}`, reason })),
    candidates: Array.from({ length: candidateCount }, (_, index) => ({
      ...{ creativeId: `candidate-${index}`, value: 1000 - index, probability: null, propensities },
    })),
    slots: Array.from({ length: slotCount }, (_, index) => ({
      ...{ candidateIndex: index < candidateCount ? index : null, priceMicros: null, minimumToWinMicros: null, score: null },
    })),
  };
}

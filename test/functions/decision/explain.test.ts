// An explanation counts everybody, lists those that matter, and is what its wire type says: over real decisions.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, shortlist } from "../../../functions/decision/decide.ts";
import { explain } from "../../../functions/decision/explain.ts";
import { findBidToOutrank } from "../../../functions/decision/pricing.ts";
import { DROP_REASONS, DropReason } from "../../../shared/catalog/reasons.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Explanation, MAX_EXPLAINED_CANDIDATES, MAX_EXPLAINED_DROPS, STAGES } from "../../../shared/schemas/explanation.ts";
import { creativeOf, SIZE, smallCatalog } from "../../small-catalog.ts";
import { catalogWith, exampleInput, requestOf } from "./example-market.ts";

/** Of the placement "top" of a decision with these creatives. */
function explainTop(creatives: ReturnType<typeof creativeOf>[], count = 1, floorMicros = 0): Explanation {
  const catalog = smallCatalog({ creatives, placements: [{ id: "top", sizes: [SIZE], floorMicros }] });
  const request = requestOf({ placements: [{ id: "top", count }], features: { device: "mobile" } });
  const input = exampleInput({ catalog: catalogWith(catalog), request, explain: true });
  const listed = shortlist(input);
  const { placements, assignments } = decide(input, listed, { caps: null, funds: [] });
  const [facts, shortlisted] = [placements[0]!, listed.placements[0]!];
  return explain({
    facts,
    considered: shortlisted.supply.candidates.length,
    dropped: [...shortlisted.drops!, ...facts.dropped],
    assignments,
    seed: input.seed,
    attribute: ({ logit }) => (logit === null ? null : { logit, baseline: logit, parts: [], rounding: 0 }),
    findBid: (loser, first) => findBidToOutrank(loser, first, floorMicros),
  });
}

const wide = (id: string) => creativeOf(id, { content: { kind: "image", widthPx: 1, heightPx: 1 } });
const asleep = creativeOf("asleep", { status: "paused" });

describe("an explanation", () => {
  const explanation = explainTop([creativeOf("c2"), asleep, wide("wide"), creativeOf("c1"), wide("tall")]);

  it("says what every stage left and dropped, with OpenRTB's codes", () => {
    expect(explanation.stages.map(({ stage, survivors }) => [stage, survivors])).toEqual([
      ["catalog", 4],
      ["targeting", 4],
      ["placement", 2],
      ["frequency", 2],
      ["budget", 2],
      ["tier", 2],
      ["auction", 2],
    ]);
    expect(explanation.stages[2]?.dropped).toEqual([{ reason: "size_mismatch", openrtb: 203, count: 2 }]);
  });

  it("lists dropped creatives, those that came furthest first", () => {
    expect(explanation.dropped).toEqual([
      { creativeId: "wide", reason: "size_mismatch", openrtb: 203 },
      { creativeId: "tall", reason: "size_mismatch", openrtb: 203 },
      { creativeId: "asleep", reason: "creative_paused", openrtb: null },
    ]);
    const [, cheap] = [null, explainTop([creativeOf("c2")], 1, 5_000_000_000)];
    expect(cheap.dropped).toEqual([{ creativeId: "c2", reason: "below_floor", openrtb: 100 }]);
    expect(cheap.slots).toEqual([]);
  });

  it("gives each loser the code 102 and the bid that would have won, and the one shown neither", () => {
    const [tier] = explanation.tiers;
    expect(tier).toMatchObject({ tierId: "standard", policy: { name: "greedy" }, candidateCount: 2 });
    expect(tier?.candidates).toMatchObject([
      { creativeId: "c2", rank: 1, bidToOutrankMicros: null, propensities: [1], openrtb: null },
      { creativeId: "c1", rank: 2, bidToOutrankMicros: expect.any(Number), propensities: [0], openrtb: 102 },
    ]);
    const [first, second] = tier?.candidates ?? [];
    expect(second!.bidToOutrankMicros! * second!.probability!).toBeCloseTo(1_000_000 * first!.probability!, -1);
  });

  it("says of the one shown what it paid, how probable it was and what its score is made of", () => {
    expect(explanation.slots).toEqual([
      {
        creativeId: "c2",
        tierIndex: 0,
        rank: 1,
        propensity: 1,
        price: { model: "cpc", micros: 1_000_000 },
        minimumToWinMicros: expect.any(Number),
        score: { logit: 1.5, baseline: 1.5, parts: [], rounding: 0 },
      },
    ]);
  });
});

describe("over any decision, an explanation", () => {
  it("counts each drop once, lists only as many as it may, and is what its wire type says", () => {
    const shapes = fc.record({
      fitting: fc.integer({ min: 0, max: 120 }),
      others: fc.integer({ min: 0, max: 400 }),
      count: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(shapes, ({ fitting, others, count }) => {
        const creatives = [
          ...Array.from({ length: fitting }, (_, index) => creativeOf(`fitting-${index}`)),
          ...Array.from({ length: others }, (_, index) => wide(`other-${index}`)),
        ];
        const explanation = explainTop(creatives, count);
        expect(parse(Explanation, explanation)).toEqual(explanation);
        const { stages, dropped, tiers, slots } = explanation;
        expect(stages.map(({ stage }) => stage)).toEqual([...STAGES]);
        expect(stages.at(-1)?.survivors).toBe(fitting);
        expect(dropped).toHaveLength(Math.min(MAX_EXPLAINED_DROPS, others));
        expect(tiers[0]?.candidates.length ?? 0).toBe(Math.min(MAX_EXPLAINED_CANDIDATES, fitting));
        expect(tiers[0]?.candidateCount ?? 0).toBe(fitting);
        expect(slots).toHaveLength(Math.min(count, fitting));
      }),
      { numRuns: 30 },
    );
  });

  it("names each stage that a reason can belong to", () => {
    const stages = new Set(Object.values(DROP_REASONS).map(({ stage }) => stage));
    expect([...stages].sort()).toEqual([...STAGES].sort());
    expect(DropReason.options).toEqual(Object.keys(DROP_REASONS));
  });
});

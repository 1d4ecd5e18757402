// ?explain=true over whole requests: for who has a key, true to the decision, and adding up.
import { describe, expect, it } from "vitest";
import { issueSiteKey } from "../../../shared/access/site-key.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Explanation } from "../../../shared/schemas/explanation.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";
import { catalogWith } from "../decision/example-market.ts";
import { createEdge, NOW_MS, problemOf, siteKeySecret } from "../edge.ts";

/** Two candidates, one too wide, one paused, one of a campaign whose budget bears no impression. */
const catalog = catalogWith(
  smallCatalog({
    campaigns: [
      { id: "campaign", advertiserId: "advertiser", status: "active" },
      {
        ...{ id: "poor", advertiserId: "advertiser", status: "active" },
        budget: { totalMicros: 1, dailyMicros: null, pacing: "as-fast-as-possible" },
      },
    ],
    flights: [FLIGHT, { ...FLIGHT, id: "poor", campaignId: "poor" }],
    creatives: [
      ...["c0", "c1"].map((id) => creativeOf(id)),
      creativeOf("wide", { content: { kind: "image", widthPx: 728, heightPx: 90 } }),
      creativeOf("asleep", { status: "paused" }),
      creativeOf("c2", { flightId: "poor" }),
    ],
    placements: [
      { id: "top", sizes: [SIZE] },
      { id: "other", sizes: [SIZE] },
    ],
  }),
);

const key = await issueSiteKey({ siteId: "anybody", issuedMs: NOW_MS, expiresMs: null }, await siteKeySecret);
const request = { features: { device: "mobile" }, placements: [{ id: "top", count: 2 }, { id: "other" }] };

async function explained() {
  const edge = createEdge({ catalog });
  const { placements } = await edge.decide(request, `?explain=true&key=${key}`);
  return { placements, explanations: placements.map(({ explanation }) => parse(Explanation, explanation)), edge };
}

describe("?explain=true", () => {
  it("is for who has a site's key, and nobody else is told anything", async () => {
    const { send, decide } = createEdge({ catalog });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) };
    const response = await send("/v1/decisions?explain=true", init);
    expect([response.status, await problemOf(response)]).toMatchObject([401, { code: "site_key_missing" }]);
    for (const placement of (await decide(request)).placements) expect(placement).not.toHaveProperty("explanation");
  });

  it("names every creative that was dropped and its reason, and the counts of all stages add up", async () => {
    const { explanations } = await explained();
    expect(explanations[0]?.dropped).toEqual(
      expect.arrayContaining([
        { creativeId: "wide", reason: "size_mismatch", openrtb: 203 },
        { creativeId: "asleep", reason: "creative_paused", openrtb: null },
        { creativeId: "c2", reason: "budget_exhausted", openrtb: null },
      ]),
    );
    for (const { considered, stages, tiers, dropped } of explanations) {
      let left = considered;
      for (const stage of stages) {
        left -= stage.dropped.reduce((sum, { count }) => sum + count, 0);
        expect(stage.survivors).toBe(left);
      }
      expect(considered).toBe(5);
      expect(considered - dropped.length).toBe(left);
      expect(tiers.reduce((sum, { candidateCount }) => sum + candidateCount, 0)).toBe(left);
    }
    expect(explanations[1]?.dropped).toContainEqual({ creativeId: "c1", reason: "already_shown", openrtb: null });
  });

  it("takes the score of what is shown apart: the parts sum to the logit whose probability the answer has", async () => {
    const { explanations, placements } = await explained();
    const slots = explanations.flatMap((one) => one.slots);
    expect(slots.map(({ creativeId }) => creativeId)).toEqual(["c1", "c0"]);
    expect(slots.map(({ creativeId }) => creativeId)).toEqual(
      placements.flatMap((one) => one.creatives.map((two) => two.creativeId)),
    );
    for (const [index, { score }] of slots.entries()) {
      const sum = (score?.parts ?? []).reduce((total, { part }) => total + part, (score?.baseline ?? 0) + (score?.rounding ?? 0));
      expect(sum).toBeCloseTo(score?.logit ?? Number.NaN, 12);
      expect(1 / (1 + Math.exp(-sum))).toBeCloseTo(placements[0]?.creatives[index]?.probability ?? Number.NaN, 9);
      expect(score?.parts.map(({ field }) => field).sort()).toEqual(["creativeId", "device"]);
    }
  });

  it("says the odds that the record has", async () => {
    const { explanations, edge } = await explained();
    await edge.clock.advance(30_000);
    await edge.settle();
    const [event] = edge.events;
    const recorded = event?.type === "decision" ? event.placements.flatMap(({ slots }) => slots) : [];
    expect(explanations.flatMap(({ slots }) => slots).map(({ propensity, price }) => ({ propensity, price }))).toEqual(
      recorded.map(({ propensity, price }) => ({ propensity, price })),
    );
  });
});

// A small run from nothing to a model and on: the luck is the visitors', and what is logged as a propensity is what was drawn from.
import { expect, it } from "vitest";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { adClick } from "../../../shared/tasks/ad-click.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { createMarket } from "../../../training/simulate/market.ts";
import { type Decision, type LearningPoint, runLearning } from "./learning.ts";

const market = createMarket(4, 0.2);
const task = parse(Task, {
  ...structuredClone(adClick),
  model: { family: "deepfm", embeddingDimension: 4, hidden: [8] },
  training: { epochs: 2, batchSize: 128, posterior: { draws: 16 } },
});
const late = market.creatives[0]?.campaignId;

async function play(policy: Policy): Promise<{ decisions: Decision[]; points: LearningPoint[] }> {
  const decisions: Decision[] = [];
  const points = await runLearning({
    market,
    policy,
    crowd: 3,
    days: 1,
    seed: 1,
    stops: [100, 150, 300],
    taskOf: () => task,
    createdOn: ({ campaignId }) => (campaignId === late ? 0.5 : -1),
    onDecision: (decision) => decisions.push(decision),
  });
  return { decisions, points };
}

it("draws what it logs: propensities are the policy's, sum to 1, and are of sixteenths under 16 draws", async () => {
  const { decisions, points } = await play({ name: "thompson" });
  expect(points.map(({ decisions: count }) => count)).toEqual([400, 600, 1200]);
  expect(points.at(-1)?.regret).toBeCloseTo(decisions.reduce((sum, { regret }) => sum + regret, 0));
  for (const [index, { distribution, chosen, propensity, regret }] of decisions.entries()) {
    expect(distribution.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(propensity).toBe(distribution[chosen]);
    expect(propensity).toBeGreaterThan(0);
    expect(regret).toBeGreaterThanOrEqual(0);
    expect([11, 12]).toContain(distribution.length); // a campaign is late
    if (index < 400)
      expect(new Set(distribution).size).toBe(1); // no model yet
    else expect(distribution.every((p) => Number.isInteger(p * 16))).toBe(true);
  }
  const learned = decisions.slice(400);
  expect(learned.some(({ propensity }) => propensity < 1)).toBe(true);
  // The mean of 1 / propensity is the mean number of candidates that could have been drawn.
  const possible = learned.reduce((sum, { distribution }) => sum + distribution.filter((p) => p > 0).length, 0);
  const inverse = learned.reduce((sum, { propensity }) => sum + 1 / propensity, 0);
  expect(inverse / possible).toBeGreaterThan(0.8);
  expect(inverse / possible).toBeLessThan(1.2);
}, 60_000);

it("gives every policy the same start, and repeats itself", async () => {
  const [first, again] = [await play({ name: "squarecb", gamma: 100 }), await play({ name: "squarecb", gamma: 100 })];
  expect(again).toEqual(first);
  const random = await play({ name: "random" });
  expect(random.points[0]).toEqual(first.points[0]);
  expect(random.decisions.every(({ distribution, propensity }) => propensity === 1 / distribution.length)).toBe(true);
}, 60_000);

// What a first start learns, held against the known truth: the served int8 model near the ceiling, its choices worth having.
import { beforeAll, expect, it } from "vitest";
import { adClick } from "../../shared/tasks/ad-click.ts";
import { type BuiltModel, buildModel } from "../../training/jobs/build-model.ts";
import { type Assessment, assessModel } from "../../training/simulate/assess.ts";
import { assessmentCrowd, HISTORY_VISITORS, historyCrowd, simulateHistory } from "../../training/simulate/history.ts";
import { createMarket, DEFAULT_SEED } from "../../training/simulate/market.ts";

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const market = createMarket(DEFAULT_SEED);
let built: BuiltModel;
let assessment: Assessment;

beforeAll(async () => {
  const splits = await simulateHistory(adClick, historyCrowd(market, HISTORY_VISITORS, NOW_MS));
  built = await buildModel({ task: adClick, splits, device: "wasm", seed: market.seed });
  assessment = assessModel(built.served, assessmentCrowd(market, 20_000, NOW_MS));
}, 240_000);

it("the served int8 model's AUC on new visitors is within 0.01 of the ceiling, and not above what can be known", () => {
  const { servedAuc, aucCeiling } = assessment;
  expect(aucCeiling).toBeGreaterThan(0.75);
  expect(aucCeiling).toBeLessThan(0.8);
  expect(servedAuc).toBeGreaterThan((aucCeiling ?? 1) - 0.01);
  expect(servedAuc).toBeLessThan(aucCeiling ?? 0);
});

it("a greedy choice by it is clicked at least 1.5 times as often as a random one", () => {
  expect(assessment.greedyRate / assessment.randomRate).toBeGreaterThan(1.5);
  expect(assessment.greedyRate).toBeLessThan(assessment.bestRate);
});

it("int8 costs next to nothing", () => {
  const { float, served } = built.metrics;
  expect(Math.abs((float.valid.auc ?? 0) - (served.valid.auc ?? 1))).toBeLessThan(0.001);
  expect(served.valid.logloss).toBeLessThan(float.valid.logloss + 0.0005);
});

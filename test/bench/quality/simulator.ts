// The simulator: the model that `npm start` trains and serves, on new visitors of the week after, beside what the truth itself comes to.

import { adClick } from "../../../shared/tasks/ad-click.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { loadDataset, type Splits } from "../../../training/dataset/load.ts";
import type { RecordSource } from "../../../training/dataset/record-source.ts";
import type { DeviceChoice } from "../../../training/engine/device.ts";
import { eceByChance, evaluate } from "../../../training/evaluate/metrics.ts";
import { tieScores } from "../../../training/evaluate/tied-scores.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { simulatedExamples } from "../../../training/simulate/examples.ts";
import { assessmentCrowd, HISTORY_VISITORS, historyCrowd, simulateHistory } from "../../../training/simulate/history.ts";
import { createMarket, type Market } from "../../../training/simulate/market.ts";
import type { BenchOptions } from "../benchmark.ts";
import type { QualityRow } from "./quality-row.ts";

const MARKETS = [1, 2, 3, 4, 5];
/** About 194,000 impressions: of fewer, the labels' own chance would be most of the calibration error. */
const TEST_VISITORS = 50_000;
const NOW_MS = Date.UTC(2026, 10, 23);

/** Simulated data are always there. */
export async function measureSimulator({ quick, device, progress }: BenchOptions): Promise<QualityRow[]> {
  const rows: QualityRow[] = [];
  for (const seed of quick ? MARKETS.slice(0, 1) : MARKETS) {
    progress(`simulator: market ${seed}`);
    rows.push(await measureMarket(createMarket(seed), device));
  }
  return rows;
}

async function measureMarket(market: Market, device: DeviceChoice): Promise<QualityRow> {
  const history = await simulateHistory(adClick, historyCrowd(market, HISTORY_VISITORS, NOW_MS));
  const { test, truth } = await simulateTest(market, history);
  const { metrics, trainSeconds } = await buildModel({
    task: adClick,
    splits: { ...history, test },
    device,
    seed: market.seed,
  });
  if (!metrics.served.test) throw new Error("the splits have a test part");
  const { auc, prAuc, logloss, ece } = metrics.served.test;
  return {
    data: `simulator, market ${market.seed}`,
    model: "DCN-v2",
    form: "served int8",
    ...{ auc: auc ?? Number.NaN, prAuc: prAuc ?? Number.NaN, logloss, ece }, // both classes are there
    published: describeTruth(truth, test.labels),
    seconds: trainSeconds,
  };
}

/** The week's impressions, and each one's true probability of a click. */
async function simulateTest(market: Market, { featureMap }: Splits): Promise<{ test: Dataset; truth: Float64Array }> {
  const examples = Array.from(simulatedExamples(assessmentCrowd(market, TEST_VISITORS, NOW_MS)));
  const source: RecordSource = async function* () {
    for (const { record } of examples) yield record;
  };
  const truth = Float64Array.from(examples, ({ clickProbability }) => clickProbability);
  return { test: await loadDataset(adClick, featureMap, source), truth };
}

function describeTruth(truth: Float64Array, labels: Uint8Array): string {
  const { auc, logloss } = evaluate(truth, labels);
  const short = (value: number, digits: number) => value.toFixed(digits).replace(/^0/, "");
  return `the truth ${short(auc ?? Number.NaN, 5)} / ${short(logloss, 5)}, ECE by chance ${short(eceByChance(tieScores(truth, labels)), 4)}`;
}

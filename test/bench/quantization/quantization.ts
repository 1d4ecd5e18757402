// npm run bench -- quantization: what serving a trained model in integers costs, on Frappe and on simulated markets.
import type { Metrics } from "../../../shared/artifact/manifest.ts";
import { calibrate } from "../../../shared/scoring/calibration.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import type { Splits } from "../../../training/dataset/load.ts";
import { trainModel } from "../../../training/engine/train-model.ts";
import { fitCalibration } from "../../../training/evaluate/fit-calibration.ts";
import { evaluate } from "../../../training/evaluate/metrics.ts";
import type { FloatModel } from "../../../training/model/float-model.ts";
import { floatLogits } from "../../../training/quantize/float-forward.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { quantize } from "../../../training/quantize/quantize.ts";
import { scoreDataset } from "../../../training/quantize/score-dataset.ts";
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { frappe, type Source, simulatedMarket } from "./sources.ts";

const MARKETS = [1, 2, 3, 4, 5];
const SEED = 1;

/** On the test split, each model calibrated on its own logits of the validation split. */
interface Row {
  readonly source: string;
  readonly model: "float" | "int8" | "int8, rows int4";
  readonly auc: number;
  readonly logloss: number;
  /** Less the float model's. */
  readonly aucChange: number;
  readonly loglossChange: number;
}

export const quantization: Benchmark = {
  summary: "AUC and logloss of trained models, in floats and as served in integers",
  async run({ quick, progress }) {
    const markets = (quick ? MARKETS.slice(0, 1) : MARKETS).map(simulatedMarket);
    const real = quick ? null : frappe();
    const rows: Row[] = [];
    for (const source of real ? [real, ...markets] : markets) rows.push(...(await compare(source, progress)));
    const leftOut = real
      ? {}
      : { frappe: quick ? "--quick measures one market only" : "its files are not in ../shared/data/frappe" };
    return { result: { machine: describeMachine(), rows, leftOut }, text: describe(rows, leftOut) };
  },
};

async function compare({ name, task, load }: Source, progress: (line: string) => void): Promise<Row[]> {
  progress(`${name}: loading`);
  const splits = await load();
  progress(`${name}: training on ${splits.train.labels.length} examples`);
  const model = (await trainModel({ task, ...splits, device: "wasm", seed: SEED })).model!; // its families are served
  progress(`${name}: scoring`);
  const float = measure(splits, (part) => floatLogits(model, part));
  const served = (embeddingBits: 4 | 8) => measure(splits, servedLogits(model, splits.valid, embeddingBits));
  const models = [
    ["float", float],
    ["int8", served(8)],
    ["int8, rows int4", served(4)],
  ] as const;
  return models.map(([label, { auc, logloss }]) => ({
    source: name,
    model: label,
    auc: auc ?? Number.NaN, // of one class alone there is none
    logloss,
    aucChange: (auc ?? Number.NaN) - (float.auc ?? Number.NaN), // as above
    loglossChange: logloss - float.logloss,
  }));
}

function servedLogits(model: FloatModel, valid: Dataset, embeddingBits: 4 | 8): (part: Dataset) => Float32Array {
  const scorer = createKernelScorer(readKernelModule(), quantize(model, valid, { embeddingBits }));
  return (part) => scoreDataset(scorer, part);
}

function measure({ valid, test }: Splits<Dataset>, score: (part: Dataset) => Float32Array): Metrics {
  if (!test) throw new Error("every source has a test split");
  const calibration = fitCalibration(score(valid), valid.labels);
  const probabilities = Float64Array.from(score(test), (logit) => calibrate(logit, calibration));
  return evaluate(probabilities, test.labels);
}

function describe(rows: readonly Row[], leftOut: Readonly<Record<string, string>>): string {
  const signed = (value: number) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(6)}`;
  const table = formatTable([
    ["on the test split", "AUC", "change", "logloss", "change"],
    ...rows.map(({ source, model, auc, logloss, aucChange, loglossChange }) => [
      `${source}: ${model}`,
      auc.toFixed(6),
      signed(aucChange),
      logloss.toFixed(6),
      signed(loglossChange),
    ]),
  ]);
  return [table, ...Object.entries(leftOut).map(([name, why]) => `left out: ${name}: ${why}`)].join("\n\n");
}

// Frappe: every family that needs no history on the published ten fields beside its published row, then the models that are served.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Metrics } from "../../../shared/artifact/manifest.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Family, HistoryFamily, JointFamily } from "../../../shared/tasks/family.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadSplits, type Splits } from "../../../training/dataset/load.ts";
import type { DeviceChoice } from "../../../training/engine/device.ts";
import { fitCalibration } from "../../../training/evaluate/fit-calibration.ts";
import { evaluateLogits } from "../../../training/evaluate/split-metrics.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { trainFamily } from "../../../training/jobs/train-family.ts";
import type { BenchOptions } from "../benchmark.ts";
import type { QualityRow } from "./quality-row.ts";

const FOLDER = fileURLToPath(new URL("../../../../shared/data/frappe/", import.meta.url));
const SEED = 1;

/** BARS (Zhu et al., 2022), Frappe_x1, AUC and logloss of one run each: https://openbenchmark.github.io/BARS. */
const PUBLISHED: Readonly<Partial<Record<Family, string>>> = {
  logistic: "LR .9356 / .3076",
  fm: "FM .9671 / .2065",
  mlp: "DNN .9833 / .1622",
  deepfm: "DeepFM .9842 / .1482",
  "dcn-v2": "DCN-V2 .9845 / .1491",
  "final-mlp": "FinalMLP .9861 / .1484",
};
interface Settings {
  readonly model?: Partial<Task["model"]>;
  readonly training?: Partial<Task["training"]>;
}

const SMALL: Settings = { training: { learningRate: 0.002, schedule: "constant", l2Embedding: 0, epochs: 40 } };
/** Where the task's own settings, which are DeepFM's, do not suit a family. Chosen on the validation file. */
const SETTINGS: Readonly<Partial<Record<Family, Settings>>> = {
  logistic: { training: { learningRate: 0.02, schedule: "constant", l2Embedding: 0, epochs: 30 } },
  fm: SMALL,
  fwfm: SMALL,
  "final-mlp": {
    model: { hidden: [400, 400], secondHidden: [400], fusionHeads: 10, dropout: 0.3 },
    training: { schedule: "cosine", l2Embedding: 0.05, epochs: 45, patience: 6 },
  },
  trees: { training: { learningRate: 0.2, schedule: "constant", epochs: 600, patience: 20 } },
};
const BEST_PUBLISHED = "best FinalMLP .9861, FinalNet .1311";

/** The data know of no history, and of no step on the way to the label. */
const FAMILIES = Family.options.filter((family) => !v.is(HistoryFamily, family) && !v.is(JointFamily, family));

/** Tasks whose model is served, by file. */
const SERVED: readonly [file: string, label: string][] = [
  ["frappe", "DeepFM, ten fields"],
  ["frappe-history", "DeepFM, ten fields and the statistic of person and app"],
];

/** Null where its files are not beside the project. */
export async function measureFrappe({ quick, device, progress }: BenchOptions): Promise<QualityRow[] | null> {
  if (!existsSync(FOLDER)) return null;
  const rows: QualityRow[] = [];
  for (const family of quick ? FAMILIES.slice(0, 1) : FAMILIES) {
    progress(`Frappe: ${family}`);
    rows.push(await measureFamily(family, device));
  }
  for (const [file, label] of quick ? [] : SERVED) {
    progress(`Frappe: ${label}, served`);
    rows.push(await measureServed(file, label, device));
  }
  return rows;
}

async function measureFamily(family: Family, device: DeviceChoice): Promise<QualityRow> {
  const { task: base, splits } = await load("frappe");
  const { model, training } = SETTINGS[family] ?? {};
  const task = { ...base, model: { ...base.model, ...model, family }, training: { ...base.training, ...training } };
  const { predict, wallSeconds } = await trainFamily({ task, ...splits, device, seed: SEED });
  const calibration = fitCalibration(await predict(splits.valid), splits.valid.labels);
  const metrics = evaluateLogits(await predict(splits.test), calibration, splits.test);
  return {
    data: "Frappe",
    model: family,
    form: "float",
    ...figures(metrics),
    published: PUBLISHED[family] ?? "",
    seconds: wallSeconds,
  };
}

async function measureServed(file: string, model: string, device: DeviceChoice): Promise<QualityRow> {
  const { task, splits } = await load(file);
  const { metrics, trainSeconds } = await buildModel({ task, splits, device, seed: SEED });
  if (!metrics.served.test) throw new Error("the splits have a test file");
  const served = figures(metrics.served.test);
  return { data: "Frappe", model, form: "served int8", ...served, published: BEST_PUBLISHED, seconds: trainSeconds };
}

const figures = ({ auc, prAuc, logloss, ece }: Metrics) => ({ auc: auc ?? Number.NaN, prAuc: prAuc ?? Number.NaN, logloss, ece }); // both classes are there

async function load(file: string): Promise<{ task: Task; splits: Splits & { test: NonNullable<Splits["test"]> } }> {
  const task = parse(Task, JSON.parse(readFileSync(new URL(`../tasks/${file}.json`, import.meta.url), "utf8")), "task");
  const fileOf = (split: string) => `${FOLDER}${split}.csv.gz`;
  const { test, ...splits } = await loadSplits({
    task,
    seed: SEED,
    train: fileOf("train"),
    valid: fileOf("valid"),
    test: fileOf("test"),
  });
  if (!test) throw new Error("the splits have a test file");
  return { task, splits: { ...splits, test } };
}

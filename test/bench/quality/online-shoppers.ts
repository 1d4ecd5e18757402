// Online Shoppers: trees, nets, their ensemble and the student that is served, each on five stratified splits beside the published row.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Metrics } from "../../../shared/artifact/manifest.ts";
import type { RawRecord } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import type { Family } from "../../../shared/tasks/family.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadParts } from "../../../training/dataset/load.ts";
import { readRecords } from "../../../training/dataset/read.ts";
import type { SplitMetrics } from "../../../training/evaluate/split-metrics.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import type { BuildRequest } from "../../../training/jobs/build-request.ts";
import type { BenchOptions } from "../benchmark.ts";
import type { QualityRow } from "./quality-row.ts";
import { sessionColumns } from "./session-columns.ts";
import { splitStratified } from "./stratified-split.ts";

const FILE = fileURLToPath(new URL("../../../../shared/data/online-shoppers/online_shoppers_intention.csv.gz", import.meta.url));
/** Fixed before the first run: which examples are test differs a lot in how hard they are. */
const SEEDS = [1, 2, 3, 4, 5];
/** https://pmc.ncbi.nlm.nih.gov/articles/PMC10121810 */
const PUBLISHED: Readonly<Partial<Record<string, string>>> = { trees: "XGBoost .937, AP .754" };
/** Chosen on validation, as all of the task's own settings. */
const LOGISTIC = { model: { family: "logistic" }, training: { learningRate: 0.01, batchSize: 256, epochs: 60, patience: 6 } };

/** The seed is the split's too. */
type How = Pick<BuildRequest, "seed" | "device">;

/** One model on one split. */
interface Run {
  readonly model: string;
  readonly form: QualityRow["form"];
  readonly metrics: Metrics;
  readonly seconds: number;
}

/** Null where its file is not beside the project. */
export async function measureOnlineShoppers({ quick, device, progress }: BenchOptions): Promise<QualityRow[] | null> {
  if (!existsSync(FILE)) return null;
  const json = JSON.parse(readFileSync(new URL("../tasks/online-shoppers.json", import.meta.url), "utf8"));
  const task = parse(Task, json, "task");
  const { teachers: _, ...alone } = json;
  const logistic = parse(Task, { ...alone, ...LOGISTIC }, "task");
  const records = await readSessions(task);
  const runs: Run[] = [];
  for (const seed of quick ? SEEDS.slice(0, 1) : SEEDS) {
    progress(`Online Shoppers: split ${seed} of ${SEEDS.length}`);
    runs.push(
      await measureLogistic(logistic, records, { seed, device }),
      ...(await measureTaught(task, records, { seed, device })),
    );
  }
  return [...new Set(runs.map(({ model }) => model))].map((model) => summarize(runs.filter((run) => run.model === model)));
}

/** The file has the task's fields but for those that follow from them. */
async function readSessions(task: Task): Promise<RawRecord[]> {
  const derived = new Set(Object.keys(sessionColumns({})));
  const read = { ...task, fields: task.fields.filter(({ name }) => !derived.has(name)) };
  const records: RawRecord[] = [];
  for await (const record of readRecords(FILE, read)) records.push({ ...record, ...sessionColumns(record) });
  return records;
}

async function measureLogistic(task: Task, records: readonly RawRecord[], how: How): Promise<Run> {
  const { metrics, trainSeconds } = await buildModel(await requestOf(task, records, how));
  return { model: "logistic", form: "float", metrics: testOf(metrics.float), seconds: trainSeconds };
}

/** One run a member, one for all of them together, and one for the student. */
async function measureTaught(task: Task, records: readonly RawRecord[], how: How): Promise<Run[]> {
  const begun = performance.now();
  const { metrics, teachers, trainSeconds } = await buildModel(await requestOf(task, records, how));
  if (!teachers) throw new Error("the task names teachers");
  const seconds = (performance.now() - begun) / 1000;
  const members = teachers.members.map(({ family, metrics: own }): Run => {
    return {
      model: nameOf(family),
      form: "float",
      metrics: testOf(own),
      seconds: (seconds - trainSeconds) / teachers.members.length,
    };
  });
  return [
    ...members,
    { model: `mean of ${members.length} of them`, form: "float", metrics: testOf(teachers.ensemble), seconds },
    { model: `${task.model.family}, their student`, form: "served int8", metrics: testOf(metrics.served), seconds: trainSeconds },
  ];
}

const nameOf = (family: Family): string => (family === "trees" ? "trees" : `${family}, a teacher`);

async function requestOf(task: Task, records: readonly RawRecord[], how: How) {
  const splits = await loadParts(task, [splitStratified(records, task.label, how.seed)]);
  return { task, splits, ...how };
}

function testOf({ test }: SplitMetrics): Metrics {
  if (!test) throw new Error("every split has a test part");
  return test;
}

/** Mean over runs, and the standard deviation between them. */
function summarize(runs: readonly Run[]): QualityRow {
  const { model, form } = runs[0]!; // a model is there because of a run
  const meanOf = (read: (run: Run) => number) => runs.reduce((sum, run) => sum + read(run), 0) / runs.length;
  const spreadOf = (read: (run: Run) => number) => {
    const mean = meanOf(read);
    return runs.length === 1 ? 0 : Math.sqrt(runs.reduce((sum, run) => sum + (read(run) - mean) ** 2, 0) / (runs.length - 1));
  };
  const auc = ({ metrics }: Run) => metrics.auc ?? Number.NaN; // both classes are there
  const prAuc = ({ metrics }: Run) => metrics.prAuc ?? Number.NaN;
  return {
    data: "Online Shoppers",
    model,
    form,
    auc: meanOf(auc),
    prAuc: meanOf(prAuc),
    logloss: meanOf(({ metrics }) => metrics.logloss),
    ece: meanOf(({ metrics }) => metrics.ece),
    spread: { auc: spreadOf(auc), prAuc: spreadOf(prAuc) },
    published: PUBLISHED[model] ?? "",
    seconds: meanOf(({ seconds }) => seconds),
  };
}

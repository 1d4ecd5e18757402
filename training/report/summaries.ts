// The report's tables: key figures, metrics, calibration, segments, importance, and the facts of the run.
import type { Metrics } from "../../shared/artifact/manifest.ts";
import { countOf, type Examples, positivesOf } from "../dataset/shards.ts";
import { ece, eceByChance } from "../evaluate/metrics.ts";
import { describeRecall } from "../evaluate/recall.ts";
import { excessOf } from "../evaluate/segments.ts";
import { tieScores } from "../evaluate/tied-scores.ts";
import { formatValue } from "./chart-spec.ts";
import { type Examined, type Findings, isSample, servedMetrics } from "./findings.ts";
import { type Html, html } from "./html.ts";
import { type Column, renderTable } from "./tables.ts";

const words = (name: string): Column => ({ name, kind: "words" });
const numbers = (...names: string[]): Column[] => names.map((name) => ({ name, kind: "number" }));
const bar: Column = { name: "", kind: "bar" };

export const precise = (value: number | null): string => value?.toFixed(5) ?? "–";
export const counted = (count: number): string => count.toLocaleString("en");
export const share = (value: number): string => formatValue(value, "share");
const signed = (value: number | null): string => (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(5)}`);

/** The examples that were looked at, in words. */
export function examplesOf(examined: Examined): string {
  const { split, splitExamples, data } = examined;
  const whole = `the ${counted(splitExamples)} examples of the ${split} split`;
  return isSample(examined) ? `${counted(countOf(data))} drawn at random from ${whole}` : whole;
}

export function renderHeading(findings: Findings): Html {
  const { task, built, examined, createdMs } = findings;
  const metrics = servedMetrics(findings);
  const figures: [string, string][] = [
    ["AUC", precise(metrics.auc)],
    ["average precision", precise(metrics.prAuc)],
    ["logloss", precise(metrics.logloss)],
    ["calibration error", precise(metrics.ece)],
    [`${examined.split} examples`, counted(metrics.examples)],
    ["weights, kB", counted(built.weights.length / 1000)],
  ];
  return html`<header><h1>${task.name}</h1>
<p class="soft">${task.model.family}, served in int8 · ${new Date(createdMs).toISOString().slice(0, 16).replace("T", " ")} UTC</p>
${task.description === undefined ? null : html`<p>${task.description}</p>`}
<dl class="figures">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></header>`;
}

export function renderMetrics({ task, built: { metrics, teachers } }: Findings): Html {
  const members = (teachers?.members ?? []).flatMap(({ family, seed, metrics: own, afterThrough }) => [
    [`teacher ${family}, seed ${seed}`, own] as const,
    ...(afterThrough ? [[`teacher ${family}, seed ${seed}, ${task.label} after ${task.through}`, afterThrough] as const] : []),
  ]);
  const ensemble = teachers ? [["teachers' ensemble", teachers.ensemble] as const] : [];
  const models = [...members, ...ensemble, ["float", metrics.float] as const, ["served int8", metrics.served] as const];
  const row = (model: string, split: string, { auc, prAuc, logloss, ece, examples }: Metrics) => ({
    cells: [model, split, counted(examples), ...[auc, prAuc, logloss, ece].map(precise)],
    chosen: model === "served int8",
  });
  const rows = models.flatMap(([model, { valid, test }]) => [
    row(model, "validation", valid),
    ...(test ? [row(model, "test", test)] : []),
  ]);
  return card(
    "Metrics",
    "Each model calibrated on its own logits of the validation split.",
    renderTable([words("model"), words("split"), ...numbers("examples", "AUC", "average precision", "logloss", "ECE")], rows),
  );
}

export function renderCalibrationChoice(findings: Findings): Html {
  const { kind, loglosses } = findings.built.calibrationChoice;
  const { probabilities, data } = findings.examined;
  const tied = tieScores(probabilities, data.labels);
  const rows = Object.entries(loglosses).map(([name, logloss]) => ({
    cells: [name === kind ? `${name} (chosen)` : name, Number.isFinite(logloss) ? precise(logloss) : "–"],
    chosen: name === kind,
  }));
  return card(
    "How calibration was chosen",
    `Logloss on validation examples that it was not fitted on, over five folds; the simplest that is as good as the best is served.
    Its error on ${isSample(findings.examined) ? "the sample of the" : "the"} ${findings.examined.split} split is ${precise(ece(tied))}; true probabilities would show about ${precise(eceByChance(tied))} by the labels' chance alone.`,
    renderTable([words("calibration"), ...numbers("logloss")], rows),
  );
}

const SEGMENT_COUNT = 24;

export function renderSegments({ segments, examined }: Findings): Html {
  const worst = [...segments].sort((a, b) => excessOf(b) - excessOf(a)).slice(0, SEGMENT_COUNT);
  const rows = worst.map((one) => ({
    cells: [
      one.field,
      one.value,
      counted(one.examples),
      share(one.meanProbability),
      share(one.positiveRate),
      precise(one.ece),
      precise(one.eceByChance),
      Math.max(0, excessOf(one)),
    ],
  }));
  const sampled = isSample(examined) ? ` Among ${examplesOf(examined)}.` : "";
  const columns = [words("field"), words("value"), ...numbers("examples", "promised", "happened", "ECE", "by chance"), bar];
  const note = `The most frequent values of each categorical field, and days, of at least 200 examples; the worst ${rows.length} of ${segments.length}, by what chance does not explain.${sampled}`;
  if (rows.length === 0) return card("Calibration of segments", "No segment has enough examples.", null);
  return card("Calibration of segments", note, renderTable(columns, rows));
}

const FIELD_COUNT = 30;

export function renderImportance({ importance: { fields, examples }, examined }: Findings): Html {
  const rows = fields.slice(0, FIELD_COUNT).map(({ field, from, kind, aucLost, loglossAdded }) => ({
    cells: [field, `${from}, ${kind}`, signed(aucLost === null ? null : -aucLost), signed(loglossAdded), loglossAdded],
  }));
  const rest = fields.length > rows.length ? ` The first ${rows.length} of ${fields.length} fields.` : "";
  return card(
    "Importance by permutation",
    `What becomes of AUC and logloss when one field's values are dealt out anew among ${counted(examples)} examples of the ${examined.split} split. Fields that say the same stand in for each other.${rest}`,
    renderTable([words("field"), words("side, kind"), ...numbers("AUC", "logloss"), bar], rows),
  );
}

export function renderFacts(findings: Findings): Html {
  const { task, built, command } = findings;
  const rows = factsOf(findings).map((cells) => ({ cells: [...cells] }));
  const config = JSON.stringify({ task, calibration: built.calibration }, null, 2);
  return card(
    "Data and configuration",
    null,
    html`${renderTable([words("what"), words("value")], rows)}
<details><summary>Again</summary><pre>${command}</pre></details>
<details><summary>Task and calibration</summary><pre>${config}</pre></details>`,
  );
}

/** The facts of a run, name and value. */
export function factsOf({ task, splits, built, seed, createdMs, codeCommit, origin }: Findings): [string, string][] {
  const { train, valid, test, dataRange, featureMap } = splits;
  const rate = (data: Examples) => `${counted(countOf(data))}, ${share(positivesOf(data) / countOf(data))} positive`;
  const day = (ms: number) => new Date(ms).toISOString();
  return [
    ...origin.map(([name, value]): [string, string] => [name, value]),
    ["train", rate(train)],
    ["validation", rate(valid)],
    ["test", test ? rate(test) : "none"],
    [
      "time of what it learned from",
      dataRange ? `${day(dataRange.firstMs)} to ${day(dataRange.lastMs)}` : "the data have no time",
    ],
    ["fields, table rows", `${counted(featureMap.fields.length)}, ${counted(featureMap.rowCount)}`],
    ...(built.recall
      ? [[`recall of the best ${built.recall.retrieved}`, describeRecall(built.recall)] satisfies [string, string]]
      : []),
    ["model", `${task.model.family}, weights of ${counted(built.weights.length)} bytes`],
    ["device, seed", `${built.device.name}, ${seed}`],
    ["speed", `${counted(Math.round(built.samplesPerSecond))} samples/s, ${built.trainSeconds.toFixed(1)} s of training`],
    ["made", day(createdMs)],
    ["code", codeCommit ?? "not from a git checkout"],
  ];
}

function card(title: string, note: string | null, content: Html | null): Html {
  return html`<div class="card wide"><h3>${title}</h3>${note && html`<p class="soft">${note}</p>`}${content}</div>`;
}

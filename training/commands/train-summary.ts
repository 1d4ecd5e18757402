// What a training run came to, as a table for people.
import type { Metrics } from "../../shared/artifact/manifest.ts";
import type { Recall } from "../evaluate/recall.ts";
import type { MetricsChange, RunMetrics, SplitChange } from "../jobs/train.ts";

const COLUMNS = ["model", "split", "examples", "AUC", "PR AUC", "logloss", "ECE"];

/** A line for each model and split, what the integers changed, and how fast it went. */
export function formatMetrics(metrics: RunMetrics): string {
  const { float, served, quantization, teaching, recall, samplesPerSecond, wallSeconds } = metrics;
  const teachers = (teaching?.members ?? []).flatMap(({ family, seed, metrics, afterThrough }) => [
    [`teacher ${family} ${seed}`, metrics] as const,
    ...(afterThrough ? [[`teacher ${family} ${seed}, after the step`, afterThrough] as const] : []),
  ]);
  const ensemble = teaching ? [["ensemble", teaching.ensemble] as const] : [];
  const models = [...teachers, ...ensemble, ["float", float] as const, ["served int8", served] as const];
  const rows = models.flatMap(([model, { valid, test }]) => [
    row(model, "valid", valid),
    ...(test ? [row(model, "test", test)] : []),
  ]);
  const widths = COLUMNS.map((name, column) => Math.max(name.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = [COLUMNS, ...rows].map((cells) => cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  "));
  const speed = `${Math.round(samplesPerSecond).toLocaleString("en")} samples/s, ${wallSeconds.toFixed(1)} s in all`;
  const changes = [
    `int8 against float: ${describeSplits(quantization)}`,
    ...(teaching ? [`served student against the ensemble: ${describeSplits(teaching.student)}`] : []),
    ...(recall ? [describeRecall(recall)] : []),
  ];
  return [...lines.map((line) => line.trimEnd()), ...changes, speed].join("\n");
}

function describeSplits(changes: SplitChange): string {
  const named = Object.entries(changes) as [string, MetricsChange | null][]; // the splits
  return named.flatMap(([split, change]) => (change ? [`${split} ${describeChange(change)}`] : [])).join("; ");
}

function describeRecall({ retrieved, served, popular }: Recall): string {
  const shares = (["valid", "test"] as const).flatMap((split) => {
    const [found, byPopularity] = [served[split], popular[split]];
    if (found === null || byPopularity === null) return [];
    return [`${split} ${found.toFixed(4)}, the most popular items ${byPopularity.toFixed(4)}`];
  });
  return `recall of the best ${retrieved}: ${shares.join("; ")}`;
}

function describeChange({ auc, logloss }: MetricsChange): string {
  const signed = (value: number) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(6)}`;
  return `AUC ${auc === null ? "-" : signed(auc)}, logloss ${signed(logloss)}`;
}

function row(model: string, split: string, { examples, auc, prAuc, logloss, ece }: Metrics): string[] {
  const numbers = [auc, prAuc, logloss, ece].map((value) => value?.toFixed(5) ?? "-");
  return [model, split, examples.toLocaleString("en"), ...numbers];
}

/** Words to the left, numbers to the right. */
const pad = (cell: string, width: number, column: number): string => (column < 2 ? cell.padEnd(width) : cell.padStart(width));

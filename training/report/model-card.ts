// The model card in Markdown, after "Model cards for model reporting" (Mitchell et al., 2019).
import type { Metrics } from "../../shared/artifact/manifest.ts";
import { excessOf } from "../evaluate/segments.ts";
import { type Findings, isSample, servedMetrics } from "./findings.ts";
import { counted, examplesOf, factsOf, precise, share } from "./summaries.ts";

const SEGMENT_COUNT = 5;
const FIELD_COUNT = 10;

export function renderModelCard(findings: Findings): string {
  const { task, built, examined, command } = findings;
  return [
    `# Model card: ${escapeMarkdown(task.name)}`,
    `## Model details\n\n${table(["what", "value"], factsOf(findings))}`,
    `## Intended use\n\n${intendedUse(findings)}`,
    `## Metrics\n\n${metricsTable(built.metrics)}\n\nEvery model is calibrated on its own logits of the validation split. "served int8" is scored by the kernel that serves.`,
    `## Calibration\n\n${calibration(findings)}`,
    `## Factors\n\n${factors(findings)}`,
    `## What each field is worth\n\n${importance(findings)}`,
    `## Limits\n\n${limits(examined.split)}`,
    `## How to reproduce\n\n${fenced(command)}\n\nThe task as it was is in \`config.json\`, or in the report beside this file. The same data, seed and device give the same weights.`,
  ]
    .join("\n\n")
    .concat("\n");
}

function intendedUse({ task, built }: Findings): string {
  const about = task.description === undefined ? "" : `${escapeMarkdown(task.description)}\n\n`;
  const label = `\`${codeText(task.label)}\``;
  const { retrieval } = built.served.architecture;
  const use = retrieval
    ? `Finds the items, of ${counted(retrieval.items)}, for which ${label} is most likely 1 in one context, at the edge, for a ranking model to order. An item that
training did not have is never found.`
    : `Estimates the probability that ${label} is 1 for one candidate in one context, at the edge, to rank candidates and to weigh
costs against benefits.`;
  return `${about}${use} Not meant for decisions about people's credit, health, work or rights, nor for data unlike those described here.`;
}

function metricsTable({ float, served }: Findings["built"]["metrics"]): string {
  const row = (model: string, split: string, { auc, prAuc, logloss, ece, examples }: Metrics): string[] => [
    model,
    split,
    counted(examples),
    ...[auc, prAuc, logloss, ece].map(precise),
  ];
  const rows = [["float", float] as const, ["served int8", served] as const].flatMap(([model, { valid, test }]) => [
    row(model, "validation", valid),
    ...(test ? [row(model, "test", test)] : []),
  ]);
  return table(["model", "split", "examples", "AUC", "average precision", "logloss", "ECE"], rows);
}

function calibration(findings: Findings): string {
  const { kind, loglosses } = findings.built.calibrationChoice;
  const rows = Object.entries(loglosses).map(([name, logloss]) => [name, Number.isFinite(logloss) ? precise(logloss) : "–"]);
  return `${kind} calibration, chosen by logloss over five folds of the validation split, on the logits that are served.
Expected calibration error on the ${findings.examined.split} split: ${precise(servedMetrics(findings).ece)} (15 bins of equal mass).\n\n${table(["calibration", "logloss"], rows)}`;
}

function factors({ segments, examined }: Findings): string {
  if (segments.length === 0) return "No segment of the examples is large enough to say more.";
  const worst = [...segments].sort((a, b) => excessOf(b) - excessOf(a)).slice(0, SEGMENT_COUNT);
  const rows = worst.map((one) => [
    one.field,
    one.value,
    counted(one.examples),
    share(one.meanProbability),
    share(one.positiveRate),
    precise(one.ece),
    precise(one.eceByChance),
  ]);
  const among = isSample(examined) ? `, among ${examplesOf(examined)}` : "";
  const columns = ["field", "value", "examples", "promised", "happened", "ECE", "ECE by chance"];
  return `The ${rows.length} of ${segments.length} segments whose calibration is worst beyond chance${among}:\n\n${table(columns, rows)}`;
}

function importance({ importance: { fields, examples } }: Findings): string {
  const rows = fields
    .slice(0, FIELD_COUNT)
    .map(({ field, aucLost, loglossAdded }) => [field, precise(aucLost), precise(loglossAdded)]);
  return `By permutation of one field at a time among ${counted(examples)} examples, through the serving kernel.\n\n${table(["field", "AUC lost", "logloss added"], rows)}`;
}

const limits = (
  split: string,
): string => `- The metrics are those of one seed and one ${split} split${split === "validation" ? ", on which early stopping and calibration were chosen: they flatter the model" : ""}.
- The model knows what its data knew: what was never shown was never learned, and a change of the world after the data's time is not in it.
- Values that training did not see share one row a field, or a hash bucket with others.
- Whether it treats groups of people alike was not measured but for the segments above.`;

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** Text that shows as it is: names come from data. */
export const escapeMarkdown = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>#|!~&]/g, "\\$&").replaceAll(/\s+/g, " ");

const codeText = (text: string): string => text.replaceAll(/[`\s]+/g, " ");

/** A fence longer than any run of backticks within. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

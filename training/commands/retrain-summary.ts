// What a retraining run came to, for people: counts, champion against challenger, verdict.
import type { Metrics } from "../../shared/artifact/manifest.ts";
import type { RetrainReport, RetrainRun } from "../jobs/retrain.ts";

const number = (value: number): string => value.toLocaleString("en");

export function formatRetrain({ report, verdict, published }: RetrainRun, dryRun: boolean): string {
  return [
    ...countLines(report),
    ...comparisonLines(report),
    `${decide(verdict.publish, dryRun)}: ${verdict.reason}`,
    verdict.detail,
  ]
    .concat(published ? [`version ${published.version}, sequence ${published.pointer.sequence}`] : [])
    .join("\n");
}

function decide(publish: boolean, dryRun: boolean): string {
  if (!publish) return "refused";
  return dryRun ? "would publish (dry run)" : "published";
}

function countLines({ download, join, split }: RetrainReport): string[] {
  const events = Object.entries(join.events).map(([type, count]) => `${number(count)} ${type}s`);
  const dropped = Object.entries(join.dropped).filter(([, count]) => count > 0);
  const spans = Object.entries(split).map(([name, span]) => `${name} ${number(span.examples)} (${number(span.positives)})`);
  return [
    `events:    ${events.join(", ")}; ${number(join.lines)} lines in ${number(download.objects)} objects`,
    ...dropped.map(([reason, count]) => `  dropped  ${number(count)} ${reason}`),
    `examples:  ${number(join.examples)}, ${number(join.positives)} positive; settled after ${(join.settleMs / 1000).toFixed(1)} s`,
    `by time:   ${spans.join(", ")}`,
  ];
}

function comparisonLines({ comparison }: RetrainReport): string[] {
  if (!comparison) return [];
  const { champion, challenger, baseRateLogloss, championSawExamples } = comparison;
  return [
    line("champion", champion) + (championSawExamples ? "  (learned from some of these examples)" : ""),
    line("challenger", challenger),
    `base rate  logloss ${baseRateLogloss.toFixed(5)}`,
  ];
}

function line(name: string, metrics: Metrics | null): string {
  if (!metrics) return `${name.padEnd(11)}none`;
  const { logloss, auc, ece } = metrics;
  return `${name.padEnd(11)}logloss ${logloss.toFixed(5)}  AUC ${auc?.toFixed(5) ?? "-"}  ECE ${ece.toFixed(5)}`;
}

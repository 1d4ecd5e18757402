// THE story of a report: a built model -> what there is to find out -> a page and a model card for people, figures for metrics.json.
import { countOf } from "../dataset/shards.ts";
import type { Importance } from "../evaluate/importance.ts";
import type { SegmentMetrics } from "../evaluate/segments.ts";
import { findOut, isSample, type ReportRequest } from "./findings.ts";
import { renderModelCard } from "./model-card.ts";
import { renderReport } from "./sections.ts";

export const REPORT_FILE = "report.html";
export const MODEL_CARD_FILE = "model-card.md";

export interface Report {
  /** Of the served model, as are the next. */
  readonly segments: readonly SegmentMetrics[];
  readonly importance: Importance;
  /** How many examples were looked at for both, where they are a random sample of a split that is on disk. */
  readonly sampleExamples?: number | undefined;
  /** By file name. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Rejects with the signal's reason once it is aborted. */
export async function reportOn(request: ReportRequest): Promise<Report> {
  const findings = await findOut(request);
  const { segments, importance, examined } = findings;
  const texts = { [REPORT_FILE]: await renderReport(findings), [MODEL_CARD_FILE]: renderModelCard(findings) };
  const sampleExamples = isSample(examined) ? countOf(examined.data) : undefined;
  return { segments, importance, sampleExamples, texts };
}

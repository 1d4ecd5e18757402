// The report, section by section: how good, how it learned, how it ranks, whether it keeps its promises, what it is worth.
import { reliabilityBins } from "../evaluate/metrics.ts";
import { tieScores } from "../evaluate/tied-scores.ts";
import { reliabilityChart, scoreHistogram } from "./calibration-charts.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { Findings } from "./findings.ts";
import { type Html, html } from "./html.ts";
import { learningCharts } from "./learning-charts.ts";
import { renderFigure, renderPage } from "./page.ts";
import type { PageData } from "./page-script.ts";
import { type ProfitCut, profitChart } from "./profit.ts";
import { renderProfit } from "./profit-section.ts";
import { quantizationCharts } from "./quantization-charts.ts";
import { cutsOf, rankingCharts } from "./ranking-charts.ts";
import {
  examplesOf,
  renderCalibrationChoice,
  renderFacts,
  renderHeading,
  renderImportance,
  renderMetrics,
  renderSegments,
} from "./summaries.ts";
import { thin } from "./thin.ts";

export async function renderReport(findings: Findings): Promise<string> {
  const { built, task, examined } = findings;
  const { data, probabilities, rawProbabilities, floatLogits, servedLogits } = examined;
  const tied = tieScores(probabilities, data.labels);
  const charts = {
    learning: learningCharts(built.history),
    ranking: rankingCharts(tied),
    calibration: [
      reliabilityChart(reliabilityBins(tieScores(rawProbabilities, data.labels)), reliabilityBins(tied)),
      scoreHistogram(probabilities, data.labels),
    ],
    quantization: quantizationCharts(floatLogits, servedLogits),
  };
  const baseRate = tied.positiveCount / data.labels.length;
  const hasBoth = baseRate > 0 && baseRate < 1;
  const profit: PageData["profit"] = hasBoth ? { cuts: profitCuts(findings), middleCost: baseRate } : null;
  const body = html`${renderHeading(findings)}
${section("Training", null, charts.learning.map(renderFigure))}
${section("Ranking", onWhich(findings), charts.ranking.map(renderFigure))}
${section("Calibration", onWhich(findings), [...charts.calibration.map(renderFigure), renderCalibrationChoice(findings), renderSegments(findings)])}
${section("What each field is worth", null, [renderImportance(findings)])}
${section("Float against int8", onWhich(findings), [renderMetrics(findings), ...charts.quantization.map(renderFigure)])}
${profit ? section("Cost and benefit", onWhich(findings), [renderProfit(profit)]) : null}
${section("The run", null, [renderFacts(findings)])}`;
  const all: ChartSpec[] = Object.values(charts).flat();
  if (profit) all.push(profitChart(profit.cuts, { valuePerPositive: 1, costPerAction: profit.middleCost }));
  return renderPage({ title: `${task.name}: model report`, body, data: { charts: all, profit } });
}

/** Nothing where there is nothing to show. */
function section(title: string, note: string | null, content: readonly Html[]): Html | null {
  if (content.length === 0) return null;
  return html`<section><h2>${title}</h2>${note && html`<p class="soft">${note}</p>`}<div class="cards">${content}</div></section>`;
}

const onWhich = ({ examined }: Findings): string => `On ${examplesOf(examined)}, scored by the kernel that serves.`;

/** As shares of all examples; few enough for a slider to walk over. */
function profitCuts({ examined: { probabilities, data } }: Findings): ProfitCut[] {
  const total = data.labels.length;
  const cuts = cutsOf(tieScores(probabilities, data.labels));
  const byTaken = new Map(cuts.map((cut) => [cut.taken / total, cut]));
  const kept = thin(cuts.map(({ taken, positives }) => [taken / total, positives / total]));
  return kept.flatMap(([taken, positives]) => {
    const cut = byTaken.get(taken);
    return cut ? [{ score: Math.min(1, cut.score), taken, positives }] : [];
  });
}

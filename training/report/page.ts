// The report as one HTML file that asks the network for nothing: its content policy forbids it.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { renderChart } from "./chart.ts";
import type { ChartSpec, Series } from "./chart-spec.ts";
import { type Html, html, trusted } from "./html.ts";
import type { PageData } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { renderChartTable } from "./tables.ts";

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Every chart of the body, and what the sliders need. */
  readonly data: PageData;
}

export async function renderPage({ title, body, data }: Page): Promise<string> {
  const script = await bundleScript();
  const json = JSON.stringify(data, (_, value) => (typeof value === "number" ? short(value) : value)).replaceAll("<", "\\u003c");
  const policy = `default-src 'none'; style-src '${hashOf(PAGE_STYLE)}'; script-src '${hashOf(script)}'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
<script type="application/json" id="report-data">${trusted(json)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`.markup;
}

/** Six digits: what a chart and its readout can show. */
const short = (value: number): number => Number(value.toPrecision(6));

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

async function bundleScript(): Promise<string> {
  const entry = fileURLToPath(new URL("page-script.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    charset: "ascii",
  });
  return outputFiles
    .map(({ text }) => text.trim())
    .join("")
    .replaceAll("</script", "<\\/script");
}

/** A chart with its title, legend, a line for the values under the pointer, and its figures as a table. */
export function renderFigure(spec: ChartSpec): Html {
  return html`<figure class="card" data-figure="${spec.id}">${renderFigureBody(spec)}</figure>`;
}

/** As above, without its card; `chart` is where the drawing goes. */
export function renderFigureBody(spec: ChartSpec, chart: Html = renderChart(spec)): Html {
  return html`<figcaption><h3>${spec.title}</h3><p>${spec.caption}</p></figcaption>
${renderLegend(spec)}${chart}<p class="readout" aria-live="polite"></p>
<details><summary>Figures</summary>${renderChartTable(spec)}</details>`;
}

function renderLegend({ series }: ChartSpec): Html | null {
  const named = [...new Map(series.map((one) => [one.name, one])).values()];
  return named.length > 1 ? html`<ul class="legend">${named.map((one) => html`<li>${swatch(one)}${one.name}</li>`)}</ul>` : null;
}

const swatch = ({ mark, tone }: Series): Html =>
  html`<svg viewBox="0 0 18 8" aria-hidden="true"><path class="${mark} ${tone}" d="${mark === "points" || mark === "dots" ? "M9 4h0" : "M2 4H16"}"/></svg>`;

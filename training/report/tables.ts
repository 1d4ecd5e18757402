// The report's tables, and the figures beside each chart.
import { type ChartSpec, formatValue, pointAt } from "./chart-spec.ts";
import { type Html, html } from "./html.ts";

export interface Column {
  readonly name: string;
  /** Words stand to the left, numbers to the right, a bar is as long as its share of the longest. */
  readonly kind: "words" | "number" | "bar";
}

/** Cells are text, numbers for bars; `chosen` rows stand out. */
export interface Row {
  readonly cells: readonly (string | number)[];
  readonly chosen?: boolean;
}

export function renderTable(columns: readonly Column[], rows: readonly Row[]): Html {
  const longest = columns.map((_, index) => Math.max(1e-12, ...rows.map(({ cells }) => Math.abs(Number(cells[index]) || 0))));
  const cell = (value: string | number, index: number): Html => {
    const kind = columns[index]?.kind ?? "words";
    if (kind === "bar") return bar(Number(value) / (longest[index] ?? 1));
    return html`<td class="${kind}">${value}</td>`;
  };
  return html`<div class="scroll"><table><thead><tr>${columns.map(({ name, kind }) => html`<th class="${kind}" scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(({ cells, chosen }) => html`<tr class="${chosen ? "chosen" : ""}">${cells.map(cell)}</tr>`)}</tbody></table></div>`;
}

/** What is below zero is drawn in another colour. */
const bar = (share: number): Html =>
  html`<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="${share < 0 ? "loss" : ""}" width="${(Math.abs(share) * 100).toFixed(1)}" height="10"/></svg></td>`;

const ROW_COUNT = 9;

/** A chart in figures, at places spread over its longest series. */
export function renderChartTable({ x, y, series }: ChartSpec): Html {
  const named = [...new Map(series.filter(({ mark }) => mark !== "dashed").map((one) => [one.name, one])).values()];
  const longest = named.reduce((a, b) => (b.points.length > a.points.length ? b : a));
  const last = longest.points.length - 1;
  const places = Array.from({ length: Math.min(ROW_COUNT, last + 1) }, (_, i) =>
    Math.round((i * last) / Math.max(1, Math.min(ROW_COUNT, last + 1) - 1)),
  );
  const rows = places.map((place): Row => {
    const at = longest.points[place]?.[0] ?? 0;
    const values = named.map((one) => formatValue(pointAt(one, at)?.[1] ?? 0, y.format));
    return { cells: [formatValue(at, x.format), ...values] };
  });
  const columns = [x.label, ...named.map(({ name }) => name)].map((name): Column => ({ name, kind: "number" }));
  return renderTable(columns, rows);
}

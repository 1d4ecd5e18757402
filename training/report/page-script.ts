// What runs in the report's page: values under the pointer, and the sliders of cost and benefit. Bundled into the file by page.ts.
import { fromX, PLOT, renderChart, toX } from "./chart.ts";
import { type ChartSpec, formatValue, pointAt } from "./chart-spec.ts";
import { type Prices, type ProfitCut, priceAt, profitChart, profitFigures } from "./profit.ts";

/** What the page's `<script id="report-data">` holds. */
export interface PageData {
  readonly charts: readonly ChartSpec[];
  /** `middle` is what the cost's slider stands for in its middle; the value's stands for 1 there. Null without both labels. */
  readonly profit: { readonly cuts: readonly ProfitCut[]; readonly middleCost: number } | null;
}

const STEP_SHARE = 1 / 50;

const data: PageData = JSON.parse(document.getElementById("report-data")?.textContent ?? "");
const charts = new Map(data.charts.map((chart) => [chart.id, chart]));

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-figure]")) followPointer(figure);
if (data.profit) followSliders(data.profit);

function followPointer(figure: HTMLElement): void {
  let x = (PLOT.left + PLOT.right) / 2;
  const show = (next: number): void => {
    x = Math.min(PLOT.right, Math.max(PLOT.left, next));
    readOut(figure, x);
  };
  figure.addEventListener("pointermove", (event) => {
    const svg = (event.target as Element).closest("svg"); // events of a figure come from elements
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    show(((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width);
  });
  figure.addEventListener("pointerleave", () => clear(figure));
  figure.addEventListener("focusout", () => clear(figure));
  figure.addEventListener("keydown", ({ key }) => {
    const step = (PLOT.right - PLOT.left) * STEP_SHARE;
    if (key === "ArrowLeft") show(x - step);
    if (key === "ArrowRight") show(x + step);
  });
}

function readOut(figure: HTMLElement, x: number): void {
  const spec = charts.get(figure.dataset.figure ?? "");
  const line = figure.querySelector(".readout");
  const cursor = figure.querySelector(".cursor");
  if (!spec || !line || !cursor) return;
  const value = fromX(x, spec.x);
  const named = new Map(spec.series.map((series) => [series.name, series.mark === "dashed" ? null : pointAt(series, value)]));
  const points = [...named].flatMap(([name, point]) => (point ? [{ name, point }] : []));
  const nearest = points.reduce((a, b) => (Math.abs(b.point[0] - value) < Math.abs(a.point[0] - value) ? b : a), points[0]!); // a chart has a curve
  const at = nearest.point[0];
  for (const end of ["x1", "x2"]) cursor.setAttribute(end, String(toX(at, spec.x)));
  cursor.setAttribute("visibility", "visible");
  const figures = points.map(({ name, point }) => `${name} ${formatValue(point[1], spec.y.format)}`);
  line.textContent = [`at ${formatValue(at, spec.x.format)}`, ...figures].join("  ·  ");
}

function clear(figure: HTMLElement): void {
  const line = figure.querySelector(".readout");
  if (line) line.textContent = "";
  figure.querySelector(".cursor")?.setAttribute("visibility", "hidden");
}

function followSliders({ cuts, middleCost }: NonNullable<PageData["profit"]>): void {
  const sliders = { value: slider("value-per-positive"), cost: slider("cost-per-action") };
  const update = (): void => {
    const prices: Prices = {
      valuePerPositive: priceAt(sliders.value.valueAsNumber, 1),
      costPerAction: priceAt(sliders.cost.valueAsNumber, middleCost),
    };
    const chart = profitChart(cuts, prices);
    charts.set(chart.id, chart);
    put("profit-chart", renderChart(chart).markup);
    write("value-per-positive-price", formatValue(prices.valuePerPositive, "number"));
    write("cost-per-action-price", formatValue(prices.costPerAction, "number"));
    for (const [index, [, figure]] of profitFigures(cuts, prices).entries()) write(`profit-figure-${index}`, figure);
  };
  for (const input of Object.values(sliders)) input.addEventListener("input", update);
}

function slider(id: string): HTMLInputElement {
  const found = document.getElementById(id);
  if (!(found instanceof HTMLInputElement)) throw new Error(`no slider ${id}`);
  return found;
}

function write(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}

/** Markup of renderChart, which escapes what it is given. */
function put(id: string, markup: string): void {
  const element = document.getElementById(id);
  if (element) element.innerHTML = markup;
}

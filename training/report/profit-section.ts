// The report's one interactive part: two prices, and what acting on the scores would earn at them.
import { renderChart } from "./chart.ts";
import { formatValue } from "./chart-spec.ts";
import { type Html, html } from "./html.ts";
import { renderFigureBody } from "./page.ts";
import type { PageData } from "./page-script.ts";
import { priceAt, profitChart, profitFigures } from "./profit.ts";

const SLIDERS = [
  { id: "value-per-positive", label: "Value of a positive, e.g. of a click", start: 50 },
  { id: "cost-per-action", label: "Cost of acting on an example, e.g. of an impression", start: 50 },
] as const;

/** At first the prices are those at which acting on every example breaks even. */
export function renderProfit({ cuts, middleCost }: NonNullable<PageData["profit"]>): Html {
  const prices = { valuePerPositive: priceAt(SLIDERS[0].start, 1), costPerAction: priceAt(SLIDERS[1].start, middleCost) };
  const spec = profitChart(cuts, prices);
  const shown = [prices.valuePerPositive, prices.costPerAction].map((price) => formatValue(price, "number"));
  const sliders = SLIDERS.map(
    (
      { id, label, start },
      index,
    ) => html`<div><label for="${id}"><span>${label}</span><output id="${id}-price" for="${id}">${shown[index] ?? ""}</output></label>
<input type="range" id="${id}" min="0" max="100" step="0.5" value="${start}"></div>`,
  );
  const figures = profitFigures(cuts, prices).map(
    ([name, value], index) => html`<tr><td class="words">${name}</td><td id="profit-figure-${index}">${value}</td></tr>`,
  );
  return html`<figure class="card wide" data-figure="${spec.id}"><div class="sliders">${sliders}</div>
<div class="profit"><div>${renderFigureBody(spec, html`<div id="profit-chart">${renderChart(spec)}</div>`)}</div>
<table aria-live="polite"><tbody>${figures}</tbody></table></div></figure>`;
}

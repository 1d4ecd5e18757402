// Draws a chart as SVG. Colours are the style sheet's, so that it follows the reader's theme.
import { type Axis, type ChartSpec, formatValue, type Point, type Series, ticksOf } from "./chart-spec.ts";
import { type Html, html } from "./html.ts";

const WIDTH = 460;
const HEIGHT = 270;
/** Of the plot within the drawing. */
export const PLOT = { left: 54, right: WIDTH - 14, top: 24, bottom: HEIGHT - 42 };

const share = (value: number, { min, max }: Axis): number => (value - min) / (max - min);
export const toX = (value: number, axis: Axis): number => PLOT.left + share(value, axis) * (PLOT.right - PLOT.left);
const toY = (value: number, axis: Axis): number => PLOT.bottom - share(value, axis) * (PLOT.bottom - PLOT.top);

/** The inverse of `toX`. */
export const fromX = (x: number, { min, max }: Axis): number => min + ((x - PLOT.left) / (PLOT.right - PLOT.left)) * (max - min);

const digits = (value: number): string => String(Math.round(value * 10) / 10);

export function renderChart(spec: ChartSpec): Html {
  const { x, y, series } = spec;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" tabindex="0" data-chart="${spec.id}" aria-label="${describe(spec)}">
${ticksOf(y, 4).map((at) => gridLine(toY(at, y), formatValue(at, y.format)))}
${ticksOf(x, 5).map((at) => tick(toX(at, x), formatValue(at, x.format)))}
<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>
<text class="name" x="${PLOT.left}" y="12">${y.label}</text>
<text class="name end" x="${PLOT.right}" y="${HEIGHT - 6}">${x.label}</text>
${series.map((one) => html`<path class="${one.mark} ${one.tone}" d="${pathOf(one, x, y)}"/>`)}
<line class="cursor" x1="0" x2="0" y1="${PLOT.top}" y2="${PLOT.bottom}" visibility="hidden"/></svg>`;
}

const describe = ({ title, x, y, series }: ChartSpec): string =>
  `${title}: ${series.map(({ name }) => name).join(", ")}; ${y.label} against ${x.label}`;

const gridLine = (y: number, text: string): Html =>
  html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${digits(y)}" y2="${digits(y)}"/><text class="end" x="${PLOT.left - 7}" y="${digits(y + 4)}">${text}</text>`;

const tick = (x: number, text: string): Html =>
  html`<line class="axis" x1="${digits(x)}" x2="${digits(x)}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 4}"/><text class="middle" x="${digits(x)}" y="${PLOT.bottom + 17}">${text}</text>`;

function pathOf({ mark, points }: Series, x: Axis, y: Axis): string {
  const place = ([px, py]: Point): string => `${digits(toX(px, x))} ${digits(toY(py, y))}`;
  if (mark === "dots" || mark === "points") return points.map((point) => `M${place(point)}h0`).join("");
  if (mark === "area") return areaOf(points, x, y);
  return points.map((point, index) => `${index === 0 ? "M" : "L"}${place(point)}`).join("");
}

/** Steps from the axis up and back to it. */
function areaOf(points: readonly Point[], x: Axis, y: Axis): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  const steps = points.slice(0, -1).map(([px, py]) => `H${digits(toX(px, x))}V${digits(toY(py, y))}`);
  return `M${digits(toX(first[0], x))} ${PLOT.bottom}${steps.join("")}H${digits(toX(last[0], x))}V${PLOT.bottom}`;
}

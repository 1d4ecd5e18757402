// Cumulative regret as an SVG of its own: lines by policy, named at their ends, in light and in dark.

import { type Axis, formatValue, type Point, ticksOf } from "../../../training/report/chart-spec.ts";
import { html, trusted } from "../../../training/report/html.ts";

/** `points` ascend in x and begin at the origin. */
export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
}

const SIZE = { width: 840, height: 420 };
const PLOT = { left: 64, right: 620, top: 34, bottom: 368 };
/** Names at the lines' ends are at least this far apart. */
const LINE_HEIGHT = 17;

/** Of Okabe and Ito's palette (2008), which the colour-blind tell apart; lighter in the dark. */
const STYLE = `svg { color-scheme: light dark; --ink: #22262b; --soft: #57606a; --grid: #e3e1dc; background: #fff; font: 13px system-ui, sans-serif; }
text { fill: var(--soft); } .name { fill: var(--ink); } .end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--grid); } .axis { stroke: var(--soft); } path { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.c0 { --line: #767676; } .c1 { --line: #b07800; } .c2 { --line: #c04a00; } .c3 { --line: #a84a82; } .c4 { --line: #0063a6; } .c5 { --line: #007a5a; } .c6 { --line: #6a4fd0; } .c7 { --line: #22262b; } .c8 { --line: #0b7a8c; }
path[class] { stroke: var(--line); } text.label { fill: var(--line); font-weight: 600; }
@media (prefers-color-scheme: dark) { svg { --ink: #e4e6e8; --soft: #a9b1ba; --grid: #2e343a; background: #14171a; }
.c0 { --line: #a3a9b0; } .c1 { --line: #e9b64a; } .c2 { --line: #f2894c; } .c3 { --line: #e08dbd; } .c4 { --line: #6eb4f0; } .c5 { --line: #3fcb9f; } .c6 { --line: #b3a0ff; } .c7 { --line: #e4e6e8; } .c8 { --line: #6fd3e0; } }`;

/**
 * The axis ends a little above the highest end but that of `cut`, whose line leaves at the top.
 *
 * @example renderRegret([{ name: "thompson", points: [[0, 0], [96_000, 2500]] }], "random");
 */
export function renderRegret(curves: readonly Curve[], cut: string): string {
  const ends = curves.filter(({ name }) => name !== cut).map(({ points }) => points.at(-1)?.[1] ?? 0);
  const x: Axis = {
    label: "decisions",
    min: 0,
    max: Math.max(...curves.map(({ points }) => points.at(-1)?.[0] ?? 0)),
    format: "integer",
  };
  const y: Axis = { label: "cumulative regret, expected clicks", min: 0, max: 1.08 * Math.max(...ends), format: "integer" };
  const toX = (value: number) => PLOT.left + (value / x.max) * (PLOT.right - PLOT.left);
  const toY = (value: number) => PLOT.bottom - (value / y.max) * (PLOT.bottom - PLOT.top);
  const path = (points: readonly Point[]) =>
    points.map(([px, py], i) => `${i === 0 ? "M" : "L"}${toX(px).toFixed(1)} ${toY(py).toFixed(1)}`).join("");
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="Cumulative regret of ${curves.map(({ name }) => name).join(", ")}">
${trusted(`<style>${STYLE}</style>`)}
<clipPath id="plot"><rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.right - PLOT.left}" height="${PLOT.bottom - PLOT.top}"/></clipPath>
${ticksOf(y, 5).map((at) => html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${toY(at).toFixed(1)}" y2="${toY(at).toFixed(1)}"/><text class="end" x="${PLOT.left - 8}" y="${(toY(at) + 4).toFixed(1)}">${formatValue(at, y.format)}</text>`)}
${ticksOf(x, 5).map((at) => html`<text class="middle" x="${toX(at).toFixed(1)}" y="${PLOT.bottom + 20}">${formatValue(at, x.format)}</text>`)}
<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>
<text class="name" x="8" y="18">${y.label}</text><text class="name end" x="${PLOT.right}" y="${SIZE.height - 10}">${x.label}</text>
<g clip-path="url(#plot)">${curves.map(({ points }, i) => html`<path class="c${i % 9}" d="${path(points)}"/>`)}</g>
${placeLabels(curves, toY).map(({ name, index, at }) => html`<text class="label c${index % 9}" x="${PLOT.right + 8}" y="${at.toFixed(1)}">${name}</text>`)}
</svg>
`.markup;
}

/** From the lowest end up, each where its line ends or above the one before. */
function placeLabels(curves: readonly Curve[], toY: (value: number) => number) {
  const wanted = curves.map(({ name, points }, index) => ({
    name,
    index,
    at: Math.max(PLOT.top + 4, toY(points.at(-1)?.[1] ?? 0) + 4),
  }));
  wanted.sort((a, b) => b.at - a.at);
  let free = Number.POSITIVE_INFINITY;
  return wanted.map((label) => {
    const at = Math.min(label.at, free);
    free = at - LINE_HEIGHT;
    return { ...label, at };
  });
}

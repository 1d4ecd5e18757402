// What a chart shows, as plain data: drawn by chart.ts, and read out by the page's script.

/** How a value is written: a share as a percentage, a log-odds as the probability that it stands for. */
export type Format = "number" | "integer" | "share" | "logOdds" | "ratio";

export interface Axis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly format: Format;
}

export type Point = readonly [x: number, y: number];

/** `x` of points ascends, but for dots. An area's points are its bins' left edges, the last one the right edge of all. */
export interface Series {
  readonly name: string;
  readonly tone: "first" | "second" | "third" | "muted";
  readonly mark: "line" | "dashed" | "dots" | "points" | "area";
  readonly points: readonly Point[];
}

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  /** One sentence: how to read it. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export function formatValue(value: number, format: Format): string {
  if (format === "integer") return Math.round(value).toLocaleString("en");
  if (format === "share") return formatShare(value);
  if (format === "logOdds") return formatShare(1 / (1 + Math.exp(-value)));
  if (format === "ratio") return `${trim(value.toFixed(2))}×`;
  return trim(Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
}

/** Enough digits for shares near none and near all. */
function formatShare(share: number): string {
  const tail = 100 * Math.min(Math.abs(share), Math.abs(1 - share));
  const digits = tail === 0 ? 0 : Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(tail))));
  return `${trim((100 * share).toFixed(digits))} %`;
}

/** No zeros at the end of decimals, no exponent that a small number does not need, a real minus sign. */
function trim(text: string): string {
  const plain = text.includes("e") ? String(Number(text)) : text;
  const short = plain.includes(".") && !plain.includes("e") ? plain.replace(/\.?0+$/, "") : plain;
  return (short === "-0" ? "0" : short).replace("-", "−");
}

/** Least and greatest of what is given, a little apart where they are equal. */
export function extentOf(values: Iterable<number>): [min: number, max: number] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return [0, 1];
  return min === max ? [min - 0.5, max + 0.5] : [min, max];
}

/** The point nearest to `x`; null where there is none. Of an area, the bin that holds it. */
export function pointAt({ mark, points }: Series, x: number): Point | null {
  if (mark === "area") return points.findLast(([edge], index) => edge <= x && index < points.length - 1) ?? points[0] ?? null;
  return points.reduce<Point | null>(
    (best, point) => (best && Math.abs(best[0] - x) <= Math.abs(point[0] - x) ? best : point),
    null,
  );
}

/** Round values within an axis, about `wanted` of them. */
export function ticksOf({ min, max, format }: Axis, wanted = 5): number[] {
  if (format === "logOdds") return logOddsTicks(min, max);
  const rough = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const whole = format === "integer" ? Math.max(1, Math.round(step)) : step;
  const first = Math.ceil(min / whole - 1e-9);
  const count = Math.floor(max / whole + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * whole);
}

const TICK_SHARES = [0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999];
const FINE_TICK_SHARES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

function logOddsTicks(min: number, max: number): number[] {
  const within = (shares: readonly number[]) =>
    shares.map((share) => Math.log(share / (1 - share))).filter((logit) => logit >= min && logit <= max);
  const coarse = within(TICK_SHARES);
  return coarse.length >= 4 ? coarse : within(FINE_TICK_SHARES);
}

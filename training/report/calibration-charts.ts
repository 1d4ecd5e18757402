// Whether probabilities are kept as promises, and how the scores of the two labels lie apart.
import type { ReliabilityBin } from "../evaluate/metrics.ts";
import { type Axis, type ChartSpec, extentOf, type Point, type Series } from "./chart-spec.ts";
import { histogram } from "./histogram.ts";

const BAR_COUNT = 48;

/** Before: the sigmoid of the raw logits. After: as it is served. */
export function reliabilityChart(before: readonly ReliabilityBin[], after: readonly ReliabilityBin[]): ChartSpec {
  const [raw, served] = [pointsOf(before), pointsOf(after)];
  const [, most] = extentOf([...raw, ...served].flat());
  const max = most > 0.5 ? 1 : most * 1.1;
  const axis = (label: string): Axis => ({ label, min: 0, max, format: "share" });
  const seriesOf = (name: string, tone: Series["tone"], points: readonly Point[]): Series[] => [
    { name, tone, mark: "line", points },
    { name, tone, mark: "points", points },
  ];
  return {
    id: "reliability",
    title: "Reliability",
    caption: "Fifteen bins of as many examples each: what they were promised, and what happened. On the diagonal, both agree.",
    x: axis("mean probability of the bin"),
    y: axis("positives in the bin"),
    series: [
      {
        name: "agreement",
        tone: "muted",
        mark: "dashed",
        points: [
          [0, 0],
          [max, max],
        ],
      },
      ...seriesOf("before calibration", "second", raw),
      ...seriesOf("as served", "first", served),
    ],
  };
}

const pointsOf = (bins: readonly ReliabilityBin[]): Point[] =>
  bins.map(({ scoreSum, positives, count }): Point => [scoreSum / count, positives / count]);

/** `probabilities` as they are served. */
export function scoreHistogram(probabilities: Float64Array, labels: Uint8Array): ChartSpec {
  const logOdds = probabilities.map((p) => Math.log(p) - Math.log1p(-Math.min(p, 1 - Number.EPSILON)));
  const range = centralRange(logOdds);
  const sharesOf = (label: number) =>
    histogram(
      logOdds.filter((_, index) => labels[index] === label),
      range,
      BAR_COUNT,
    );
  const [negatives, positives] = [sharesOf(0), sharesOf(1)];
  const top = Math.max(...[...negatives, ...positives].map(([, share]) => share));
  return {
    id: "scores",
    title: "Scores by label",
    caption:
      "Where the probabilities of each label lie, on a scale of log-odds. Each label's shares add up to all of its examples.",
    x: { label: "served probability", min: range[0], max: range[1], format: "logOdds" },
    y: { label: "share of the label's examples", min: 0, max: top * 1.08, format: "share" },
    series: [
      { name: "negatives", tone: "second", mark: "area", points: negatives },
      { name: "positives", tone: "first", mark: "area", points: positives },
    ],
  };
}

/** All but a thousandth at either end: a few far values would squeeze the rest. */
export function centralRange(values: Float64Array | Float32Array): [min: number, max: number] {
  const sorted = values.slice().sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return extentOf([at(0.001), at(0.999)]);
}

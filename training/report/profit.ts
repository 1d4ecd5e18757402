// Cost and benefit of acting on the highest scores, for any value of a positive and cost of an action. Runs here and in the page.
import { type ChartSpec, extentOf, formatValue, type Point } from "./chart-spec.ts";

/** How many examples score at least `score`, and how many of them are positives, both as shares of all examples. */
export interface ProfitCut {
  readonly score: number;
  readonly taken: number;
  readonly positives: number;
}

export interface Prices {
  readonly valuePerPositive: number;
  readonly costPerAction: number;
}

export interface Profit {
  /** Acting where the expected value covers the cost: at probabilities of at least cost / value. */
  readonly threshold: number;
  readonly taken: number;
  /** Per 1,000 examples, as are the next two. */
  readonly profit: number;
  readonly profitOfAll: number;
  /** The highest on the curve, which only hindsight knows. */
  readonly bestProfit: number;
}

const profitAt = ({ taken, positives }: ProfitCut, { valuePerPositive, costPerAction }: Prices): number =>
  1000 * (valuePerPositive * positives - costPerAction * taken);

/** `cuts` by falling score, from nothing taken to everything. */
export function profitOf(cuts: readonly ProfitCut[], prices: Prices): Profit {
  const threshold = prices.costPerAction / prices.valuePerPositive;
  const cut = cuts.findLast(({ score }) => score >= threshold) ?? cuts[0]!; // a report has cuts
  return {
    threshold,
    taken: cut.taken,
    profit: profitAt(cut, prices),
    profitOfAll: profitAt(cuts.at(-1)!, prices),
    bestProfit: Math.max(...cuts.map((one) => profitAt(one, prices))),
  };
}

export function profitChart(cuts: readonly ProfitCut[], prices: Prices): ChartSpec {
  const { taken, profit, profitOfAll } = profitOf(cuts, prices);
  const curve = cuts.map((cut): Point => [cut.taken, profitAt(cut, prices)]);
  const [low, high] = extentOf([0, ...curve.map(([, y]) => y)]);
  const margin = (high - low) * 0.06;
  return {
    id: "profit",
    title: "Cost and benefit",
    caption: "Profit of acting on the best-scored examples only. The dot is where the served probability covers the cost.",
    x: { label: "examples acted on, best first", min: 0, max: 1, format: "share" },
    y: { label: "profit per 1,000 examples", min: low - margin, max: high + margin, format: "number" },
    series: [
      {
        name: "at random",
        tone: "muted",
        mark: "dashed",
        points: [
          [0, 0],
          [1, profitOfAll],
        ],
      },
      { name: "served model", tone: "first", mark: "line", points: curve },
      { name: "chosen threshold", tone: "second", mark: "points", points: [[taken, profit]] },
    ],
  };
}

/** The answer in figures: name and value. */
export function profitFigures(cuts: readonly ProfitCut[], prices: Prices): [name: string, value: string][] {
  const { threshold, taken, profit, profitOfAll, bestProfit } = profitOf(cuts, prices);
  return [
    ["act at a probability of at least", threshold > 1 ? "never" : formatValue(threshold, "share")],
    ["examples acted on", formatValue(taken, "share")],
    ["profit per 1,000 examples", formatValue(profit, "number")],
    ["acting on all", formatValue(profitOfAll, "number")],
    ["best in hindsight", formatValue(bestProfit, "number")],
  ];
}

const PRICE_DECADES = 4;

/** A slider's position in 0 .. 100 as a price: four decades around `middle`, at 50. */
export const priceAt = (position: number, middle: number): number => middle * 10 ** ((position / 100 - 0.5) * PRICE_DECADES);

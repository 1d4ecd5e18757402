// How well the scores rank: ROC, precision and recall, gain and lift.
import type { TiedScores } from "../evaluate/tied-scores.ts";
import type { Axis, ChartSpec, Point, Series } from "./chart-spec.ts";
import { thin } from "./thin.ts";

/** Of the examples that score at least `score`. */
export interface Cut {
  readonly score: number;
  readonly taken: number;
  readonly positives: number;
}

/** From nothing taken to everything, a cut at each distinct score. */
export function cutsOf({ scores, positives, negatives }: TiedScores): Cut[] {
  const cuts: Cut[] = [{ score: Number.POSITIVE_INFINITY, taken: 0, positives: 0 }];
  let [taken, found] = [0, 0];
  for (let i = scores.length - 1; i >= 0; i--) {
    found += positives[i]!;
    taken += positives[i]! + negatives[i]!;
    cuts.push({ score: scores[i]!, taken, positives: found });
  }
  return cuts;
}

const shareAxis = (label: string): Axis => ({ label, min: 0, max: 1, format: "share" });
const line = (points: readonly Point[]): Series => ({ name: "served model", tone: "first", mark: "line", points: thin(points) });
const chance = (name: string, points: readonly Point[]): Series => ({ name, tone: "muted", mark: "dashed", points });

/** None where one of the labels is absent. */
export function rankingCharts(tied: TiedScores): ChartSpec[] {
  const { positiveCount, negativeCount } = tied;
  if (positiveCount === 0 || negativeCount === 0) return [];
  const total = positiveCount + negativeCount;
  const cuts = cutsOf(tied);
  return [
    rocChart(cuts.map(({ taken, positives }) => [(taken - positives) / negativeCount, positives / positiveCount])),
    precisionChart(
      cuts.slice(1).map(({ taken, positives }) => [positives / positiveCount, positives / taken]),
      positiveCount / total,
    ),
    gainChart(cuts.map(({ taken, positives }) => [taken / total, positives / positiveCount])),
    liftChart(cuts.slice(1).map(({ taken, positives }) => [taken / total, positives / taken / (positiveCount / total)])),
  ];
}

const rocChart = (points: Point[]): ChartSpec => ({
  id: "roc",
  title: "ROC",
  caption: "How many of the positives are found for how many of the negatives taken along.",
  x: shareAxis("negatives taken (false positive rate)"),
  y: shareAxis("positives found (true positive rate)"),
  series: [
    chance("chance", [
      [0, 0],
      [1, 1],
    ]),
    line(points),
  ],
});

const precisionChart = (points: Point[], baseRate: number): ChartSpec => ({
  id: "precision-recall",
  title: "Precision and recall",
  caption: "How pure a selection stays as it finds more of the positives.",
  x: shareAxis("positives found (recall)"),
  y: shareAxis("positives among those taken (precision)"),
  series: [
    chance("base rate", [
      [0, baseRate],
      [1, baseRate],
    ]),
    line(points),
  ],
});

const gainChart = (points: Point[]): ChartSpec => ({
  id: "gain",
  title: "Cumulative gain",
  caption: "Taking the highest scores first: how many of the positives are among the first so many examples.",
  x: shareAxis("examples taken, best first"),
  y: shareAxis("positives found"),
  series: [
    chance("chance", [
      [0, 0],
      [1, 1],
    ]),
    line(points),
  ],
});

/** The first hundredth is left out: there lift is a ratio of very few. */
function liftChart(all: Point[]): ChartSpec {
  const points = all.filter(([taken]) => taken >= 0.01);
  const top = Math.max(1.2, ...thin(points).map(([, lift]) => lift));
  return {
    id: "lift",
    title: "Lift",
    caption: "How many times more positives than a random choice of as many examples would hold.",
    x: shareAxis("examples taken, best first"),
    y: { label: "lift over the base rate", min: 0, max: top * 1.05, format: "ratio" },
    series: [
      chance("chance", [
        [0, 1],
        [1, 1],
      ]),
      line(points),
    ],
  };
}

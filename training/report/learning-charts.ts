// How training went: logloss after each epoch, and the learning rate.
import type { EpochRecord } from "../engine/checkpoint.ts";
import { type Axis, type ChartSpec, extentOf, type Series } from "./chart-spec.ts";

export function learningCharts(history: readonly EpochRecord[]): ChartSpec[] {
  if (history.length === 0) return [];
  const x: Axis = { label: "epoch", min: 1, max: Math.max(2, history.length), format: "integer" };
  const series = (name: string, tone: Series["tone"], of: (epoch: EpochRecord) => number): Series[] => {
    const points = history.map((epoch) => [epoch.epoch, of(epoch)] as const);
    return [
      { name, tone, mark: "line", points },
      { name, tone, mark: "points", points },
    ];
  };
  const [low, high] = extentOf(history.flatMap(({ trainLogloss, validLogloss }) => [trainLogloss, validLogloss]));
  const margin = (high - low) * 0.06;
  const topRate = Math.max(...history.map(({ learningRate }) => learningRate));
  return [
    {
      id: "learning",
      title: "Learning curves",
      caption: "Logloss after each epoch. The weights kept are those of the lowest validation logloss.",
      x,
      y: { label: "logloss, nats", min: low - margin, max: high + margin, format: "number" },
      series: [
        ...series("train", "second", ({ trainLogloss }) => trainLogloss),
        ...series("validation", "first", ({ validLogloss }) => validLogloss),
      ],
    },
    {
      id: "learning-rate",
      title: "Learning rate",
      caption: "As the schedule had it in each epoch.",
      x,
      y: { label: "learning rate", min: 0, max: topRate * 1.1, format: "number" },
      series: series("learning rate", "third", ({ learningRate }) => learningRate),
    },
  ];
}

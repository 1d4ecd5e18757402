// Shares of values in bins of equal width, as the points of a chart's area.
import type { Point } from "./chart-spec.ts";

/** Left edges and shares of all `values`; what lies outside counts in the outer bins. The last point closes the last bin. */
export function histogram(values: ArrayLike<number>, [min, max]: readonly [number, number], binCount: number): Point[] {
  const counts = new Float64Array(binCount);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor(((values[i]! - min) / (max - min)) * binCount);
    counts[Math.min(binCount - 1, Math.max(0, bin))]!++;
  }
  const edge = (bin: number) => min + (bin / binCount) * (max - min);
  const total = Math.max(1, values.length);
  return [...Array.from(counts, (count, bin): Point => [edge(bin), count / total]), [max, 0]];
}

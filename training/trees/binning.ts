// Columns in bins of one byte: bin 0 is "missing", the others are fitted on the training split.
import { bucketOf } from "../../shared/features/encode-numbers.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { createSample } from "../features/sample.ts";
import { type Column, readColumn } from "./columns.ts";

/** Of values; with "missing" a byte's 256. */
const MAX_BINS = 255;

/** `bins` [columns, count]: one column after the other. `binCounts` and `isCategory` have one entry a column. */
export interface BinnedColumns {
  readonly count: number;
  readonly bins: Uint8Array;
  /** How many bins a column has, "missing" included. */
  readonly binCounts: readonly number[];
  readonly isCategory: readonly boolean[];
}

/** One column's bins. */
export interface Binning {
  readonly column: Column;
  readonly binCount: number;
  /** Of a value that is not NaN: 1 or above. */
  readonly binOf: (value: number) => number;
}

export const fitBinnings = (columns: readonly Column[], train: Dataset): Binning[] =>
  columns.map((column) => {
    const values = readColumn(column, train);
    return { column, ...(column.isCategory ? binCategories(values) : binNumbers(values)) };
  });

export function applyBinnings(binnings: readonly Binning[], data: Dataset): BinnedColumns {
  const count = data.labels.length;
  const bins = new Uint8Array(binnings.length * count);
  binnings.forEach(({ column, binOf }, index) => {
    const values = readColumn(column, data);
    for (let example = 0; example < count; example++) {
      const value = values[example]!;
      bins[index * count + example] = Number.isNaN(value) ? 0 : binOf(value);
    }
  });
  return {
    count,
    bins,
    binCounts: binnings.map(({ binCount }) => binCount),
    isCategory: binnings.map(({ column }) => column.isCategory),
  };
}

/**
 * A bin for each value where they are few, else bins of about equal count; boundaries lie half way between values that were seen.
 *
 * @example binNumbers(Float32Array.of(1, 1, 3)).binOf(2.1); // 2
 */
export function binNumbers(values: Float32Array, maxBins = MAX_BINS): Omit<Binning, "column"> {
  const sample = createSample();
  for (const value of values) if (!Number.isNaN(value)) sample.add(value);
  const boundaries = pickBoundaries(sample.sorted(), maxBins);
  return { binCount: boundaries.length + 2, binOf: (value) => 1 + bucketOf(value, boundaries) };
}

/** Greedy: a bin is full once it has its share of what is left, so that a value which is often there does not starve the others. */
function pickBoundaries(sorted: Float64Array, maxBins: number): number[] {
  let distinct = sorted.length > 0 ? 1 : 0;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct++;
  const boundaries: number[] = [];
  let first = 0;
  for (let i = 1; i < sorted.length; i++) {
    const [below, above] = [sorted[i - 1]!, sorted[i]!];
    const isFull = distinct <= maxBins || i - first >= (sorted.length - first) / (maxBins - boundaries.length);
    if (below === above || !isFull || boundaries.length === maxBins - 1) continue;
    boundaries.push((below + above) / 2);
    first = i;
  }
  return boundaries;
}

/** The most frequent categories have a bin each; all others share the last one. */
export function binCategories(values: Float32Array, maxBins = MAX_BINS): Omit<Binning, "column"> {
  const counts = new Map<number, number>();
  for (const value of values) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b).slice(0, maxBins - 1);
  const bins = new Map(ranked.map(([category], index) => [category, index + 1]));
  const others = bins.size + 1;
  return { binCount: others + 1, binOf: (category) => bins.get(category) ?? others };
}

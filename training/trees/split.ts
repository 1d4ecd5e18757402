// The best split of a node: a column, and the set of its bins that goes left.
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { BinnedColumns } from "./binning.ts";
import { BIN_SIZE } from "./histogram.ts";

/** Bins of one byte. */
export const BINS = 256;

/** What is known of a set of examples. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

export interface Split {
  readonly column: number;
  /** [256]: 1 where a bin goes left. A category, or "missing", that the node does not hold goes where most of its examples go. */
  readonly goesLeft: Uint8Array;
  /** Twice what the split takes off the loss's second-order approximation. */
  readonly gain: number;
}

export type SplitOptions = Pick<ModelSpec, "leafL2" | "categoryL2" | "minLeafWeight">;

/** Differences of sums of a million addends are not exact: less is no gain. */
const MIN_GAIN = 1e-9;

/** A histogram, and where its columns' bins begin. */
export interface NodeHistogram {
  readonly histogram: Float64Array;
  readonly offsets: Int32Array;
}

/** Of the chosen `columns`; null where no split gains anything. */
export function findSplit(
  { histogram, offsets }: NodeHistogram,
  data: BinnedColumns,
  columns: Int32Array,
  total: Sums,
  options: SplitOptions,
): Split | null {
  let best: { column: number; cut: Cut } | null = null;
  for (const column of columns) {
    const own = histogram.subarray(offsets[column]!, offsets[column + 1]!);
    const cut = data.isCategory[column]! ? cutCategories(own, total, options) : cutNumbers(own, total, options);
    if (cut && cut.gain > (best?.cut.gain ?? 0)) best = { column, cut };
  }
  if (best === null) return null;
  const { column, cut } = best;
  const own = histogram.subarray(offsets[column]!, offsets[column + 1]!);
  const unheard = data.isCategory[column]! ? IN_ORDER.subarray(0, data.binCounts[column]!) : IN_ORDER.subarray(0, 1);
  return { column, goesLeft: binsOf(cut, own, unheard, total), gain: cut.gain };
}

/** The first `length` of `order` go left, which together hold `leftCount` examples. */
interface Cut {
  readonly order: Int32Array;
  readonly length: number;
  readonly leftCount: number;
  readonly gain: number;
}

const IN_ORDER = Int32Array.from({ length: BINS }, (_, bin) => bin);

/** Those of the bins in `unheard` that hold nothing join the larger side. */
function binsOf({ order, length, leftCount }: Cut, histogram: Float64Array, unheard: Int32Array, total: Sums): Uint8Array {
  const goesLeft = new Uint8Array(BINS);
  for (const bin of order.subarray(0, length)) goesLeft[bin] = 1;
  for (const bin of unheard) if (isEmpty(histogram, bin)) goesLeft[bin] = leftCount * 2 > total.count ? 1 : 0;
  return goesLeft;
}

const isEmpty = (histogram: Float64Array, bin: number): boolean => histogram[bin * BIN_SIZE + 2] === 0; // counts are exact

/** The value of a leaf that takes most off the approximated loss is `-G / (H + l2)`; it takes off half of this (Chen and Guestrin, 2016, equation 6). */
const worth = (gradient: number, hessian: number, l2: number): number => (gradient * gradient) / (hessian + l2);

/** Every boundary, with the missing on either side (the paper's algorithm 3). */
function cutNumbers(histogram: Float64Array, total: Sums, options: SplitOptions): Cut | null {
  const binCount = histogram.length / BIN_SIZE;
  const missingRight = bestCut(histogram, IN_ORDER.subarray(1, binCount), total, options, options.leafL2);
  if (isEmpty(histogram, 0)) return missingRight;
  const missingLeft = bestCut(histogram, IN_ORDER.subarray(0, binCount), total, options, options.leafL2);
  return (missingLeft?.gain ?? 0) > (missingRight?.gain ?? 0) ? missingLeft : missingRight;
}

/**
 * In the order of what each would predict alone, only the first few against the others have to be tried (Fisher, 1958; exact without
 * a penalty). Rare categories would seem to gain much by chance: `categoryL2` is added to the penalty, as in LightGBM (Ke et al., 2017).
 */
function cutCategories(histogram: Float64Array, total: Sums, options: SplitOptions): Cut | null {
  const l2 = options.leafL2 + options.categoryL2;
  const held = IN_ORDER.subarray(0, histogram.length / BIN_SIZE).filter((bin) => !isEmpty(histogram, bin));
  const alone = (bin: number) => histogram[bin * BIN_SIZE]! / (histogram[bin * BIN_SIZE + 1]! + l2);
  held.sort((a, b) => alone(a) - alone(b) || a - b);
  return bestCut(histogram, held, total, options, l2);
}

/** `l2` is the children's penalty; the node itself, were it to stay a leaf, has `leafL2`. */
function bestCut(
  histogram: Float64Array,
  order: Int32Array,
  total: Sums,
  { leafL2, minLeafWeight }: SplitOptions,
  l2: number,
): Cut | null {
  const whole = worth(total.gradient, total.hessian, leafL2);
  let [gradient, hessian, count] = [0, 0, 0];
  let best = { gain: MIN_GAIN, length: 0, leftCount: 0 };
  for (let index = 0; index < order.length; index++) {
    const at = order[index]! * BIN_SIZE;
    gradient += histogram[at]!;
    hessian += histogram[at + 1]!;
    count += histogram[at + 2]!;
    const rest = total.hessian - hessian;
    if (count === 0 || hessian < minLeafWeight) continue;
    if (count === total.count || rest < minLeafWeight) break;
    const gain = worth(gradient, hessian, l2) + worth(total.gradient - gradient, rest, l2) - whole;
    if (gain > best.gain) best = { gain, length: index + 1, leftCount: count };
  }
  return best.length === 0 ? null : { order, ...best };
}

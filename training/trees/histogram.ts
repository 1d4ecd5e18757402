// Sums of gradients, hessians and examples by bin: all that a split is chosen from.
import type { BinnedColumns } from "./binning.ts";

/** Of the loss at an example's logit: its first and second derivative. */
export interface Derivatives {
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

/** Numbers a bin: sum of gradients, sum of hessians, count. */
export const BIN_SIZE = 3;

/** Where each column's bins begin in a histogram, and after the last column its length. */
export function layOut({ binCounts }: BinnedColumns): Int32Array {
  const offsets = new Int32Array(binCounts.length + 1);
  for (let column = 0; column < binCounts.length; column++) {
    offsets[column + 1] = offsets[column]! + binCounts[column]! * BIN_SIZE;
  }
  return offsets;
}

/**
 * Adds up `examples` of the chosen `columns`; the bins of other columns are left as they are. `gathered` [at least 2 * examples] is
 * scratch: the derivatives are fetched from all over memory once, not once a column.
 */
export function fillHistogram(
  histogram: Float64Array,
  { bins, count }: BinnedColumns,
  offsets: Int32Array,
  columns: Int32Array,
  examples: Int32Array,
  derivatives: Derivatives,
  gathered: Float64Array,
): void {
  gather(examples, derivatives, gathered);
  for (const column of columns) {
    const ownBins = bins.subarray(column * count, (column + 1) * count);
    const offset = offsets[column]!;
    histogram.fill(0, offset, offsets[column + 1]);
    for (let i = 0; i < examples.length; i++) {
      const at = offset + ownBins[examples[i]!]! * BIN_SIZE;
      histogram[at] = histogram[at]! + gathered[2 * i]!;
      histogram[at + 1] = histogram[at + 1]! + gathered[2 * i + 1]!;
      histogram[at + 2] = histogram[at + 2]! + 1;
    }
  }
}

function gather(examples: Int32Array, { gradients, hessians }: Derivatives, into: Float64Array): void {
  for (let i = 0; i < examples.length; i++) {
    into[2 * i] = gradients[examples[i]!]!;
    into[2 * i + 1] = hessians[examples[i]!]!;
  }
}

/** A parent's histogram becomes that of the sibling of `child`: what one child has not, the other has. */
export function subtractHistogram(parent: Float64Array, child: Float64Array): void {
  for (let at = 0; at < parent.length; at++) parent[at] = parent[at]! - child[at]!;
}

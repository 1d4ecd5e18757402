// A grown tree, and what it says of binned examples.
import type { BinnedColumns } from "./binning.ts";
import { BINS } from "./split.ts";

/** Node 0 is the root. A child below 0 is the leaf `~child`. A tree without nodes is leaf 0 alone. */
export interface Tree {
  readonly columns: Int32Array;
  /** [nodes, 256]: 1 where a bin of the node's column goes left. */
  readonly goesLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly values: Float64Array;
}

/** Adds `factor` times the value of each example's leaf to its score. */
export function addTree(tree: Tree, { count, bins }: BinnedColumns, factor: number, scores: Float64Array): void {
  const { columns, goesLeft, left, right, values } = tree;
  for (let example = 0; example < count; example++) {
    let node = columns.length === 0 ? -1 : 0;
    while (node >= 0) {
      const bin = bins[columns[node]! * count + example]!;
      node = goesLeft[node * BINS + bin] === 1 ? left[node]! : right[node]!;
    }
    scores[example] = scores[example]! + factor * values[~node]!;
  }
}

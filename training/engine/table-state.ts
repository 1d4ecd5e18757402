// All that a table is: its arrays, wherever they lie.
import type { UpdateRule, Weights } from "./update-rule.ts";

export interface TableState {
  readonly rowCount: number;
  readonly dimension: number;
  readonly rule: UpdateRule;
  /** Penalty on both vectors and linear weights; see `UpdateRule`. */
  readonly l2: number;
  /** [rowCount, dimension] */
  readonly vectors: Weights;
  /** [rowCount] */
  readonly linear: Weights;
  /** The step that a row has caught up with. */
  readonly lastStep: Int32Array;
  /** How often a row was updated. */
  readonly updates: Int32Array;
  /** Place of a row in the list of those that the step touches. Says nothing between steps. */
  readonly place: Int32Array;
}

/** Where zeroed arrays come from: the heap, or a kernel's memory. */
export interface Allocator {
  float32(length: number): Float32Array;
  int32(length: number): Int32Array;
}

export const HEAP: Allocator = {
  float32: (length) => new Float32Array(length),
  int32: (length) => new Int32Array(length),
};

export type TableSize = Pick<TableState, "rowCount" | "dimension" | "rule" | "l2">;

export function createTableState(size: TableSize, allocator: Allocator): TableState {
  const { rowCount, dimension, rule } = size;
  const weights = (length: number): Weights => ({
    values: allocator.float32(length),
    slots: Array.from({ length: rule.slotCount }, () => allocator.float32(length)),
  });
  return {
    ...size,
    ...{ vectors: weights(rowCount * dimension), linear: weights(rowCount) },
    ...{ lastStep: allocator.int32(rowCount), updates: allocator.int32(rowCount), place: allocator.int32(rowCount) },
  };
}

// Bags as trees see them: columns of one number an example, which is either in order or names a category. NaN is "missing".
import type { Bags } from "../../shared/features/bags.ts";
import type { FeatureMap, FittedField, FittedFieldOf } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";

/** Of a multi-valued, sequence or text field, this many of its most frequent rows have a column; trees do not see the others. */
const FREQUENT_ROWS = 32;

/** How a column reads the bags of one field. */
export interface Column {
  readonly side: "context" | "candidate";
  /** Among the fields of its side. */
  readonly fieldIndex: number;
  readonly isCategory: boolean;
  /** What an example has of which the bag says nothing. */
  readonly absent: number;
  /** What one (row, weight) pair says; null where it is not about this column. */
  readonly read: (row: number, weight: number) => number | null;
}

/**
 * | field | columns |
 * |---|---|
 * | categorical | its row, as a category |
 * | numeric; vector | the weight of its row; one a component |
 * | quantile | its bucket, in order |
 * | statistic | the bucket of ones and the bucket of zeros, in order |
 * | multi, sequence, text | the weight of each of the most frequent rows of `train`, 0 where it is not in the bag |
 */
export function planColumns({ fields }: FeatureMap, train: Dataset): Column[] {
  return (["context", "candidate"] as const).flatMap((side) =>
    fields
      .filter(({ from }) => from === side)
      .flatMap((field, fieldIndex) =>
        readersOf(field, train[side], fieldIndex).map((reader): Column => ({ side, fieldIndex, ...reader })),
      ),
  );
}

/** The column's value of every example. */
export function readColumn({ side, fieldIndex, absent, read }: Column, data: Dataset): Float32Array {
  const { fieldCount, count, offsets, rows, weights } = data[side];
  const values = new Float32Array(count);
  for (let example = 0; example < count; example++) {
    const bag = example * fieldCount + fieldIndex;
    let value = Number.NaN;
    for (let k = offsets[bag]!; k < offsets[bag + 1]!; k++) {
      const said = read(rows[k]!, weights[k]!);
      if (said !== null) value = Number.isNaN(value) ? said : value + said; // an id may be there twice
    }
    values[example] = Number.isNaN(value) ? absent : value;
  }
  return values;
}

type Reader = Omit<Column, "side" | "fieldIndex">;

function readersOf(field: FittedField, bags: Bags, fieldIndex: number): Reader[] {
  const { firstRow } = field;
  switch (field.kind) {
    case "categorical":
      return [{ ...rowReader(firstRow, (row) => row), isCategory: true }];
    case "quantile":
      return [rowReader(firstRow, (row) => row)];
    case "statistic":
      return statisticReaders(field);
    case "numeric":
      return [weightReader(firstRow + 1, Number.NaN)];
    case "vector":
      return Array.from({ length: field.dimension }, (_, component) => weightReader(firstRow + 1 + component, Number.NaN));
    case "multi":
    case "sequence":
    case "text":
      return frequentRows(bags, fieldIndex).map((row) => weightReader(row, 0));
  }
}

/** Row 0 of every field means "missing". */
const rowReader = (firstRow: number, toValue: (row: number) => number): Reader => ({
  isCategory: false,
  absent: Number.NaN,
  read: (row) => (row === firstRow ? null : toValue(row - firstRow)),
});

const weightReader = (wanted: number, absent: number): Reader => ({
  isCategory: false,
  absent,
  read: (row, weight) => (row === wanted ? weight : null),
});

/** Row 0 is that of two zeros as well: for trees, too, nothing counted is "missing". */
const statisticReaders = ({ firstRow, bucketCount }: FittedFieldOf<"statistic">): Reader[] => [
  rowReader(firstRow, (row) => Math.floor(row / bucketCount)),
  rowReader(firstRow, (row) => row % bucketCount),
];

/** Most frequent first, ties by row. */
function frequentRows({ fieldCount, count, offsets, rows }: Bags, fieldIndex: number): number[] {
  const counts = new Map<number, number>();
  for (let example = 0; example < count; example++) {
    const bag = example * fieldCount + fieldIndex;
    for (let k = offsets[bag]!; k < offsets[bag + 1]!; k++) counts.set(rows[k]!, (counts.get(rows[k]!) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB);
  return ranked.slice(0, FREQUENT_ROWS).map(([row]) => row);
}

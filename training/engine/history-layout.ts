// Where sequence fields land in x0 id by id, for the families that read them in order: after the columns that every family has.
import { type FieldLayout, type FittedFieldOf, inputWidth } from "../../shared/features/feature-map.ts";
import type { InputShape } from "../model/net.ts";

/**
 * One sequence field: an embedding a position from `firstColumn`, and a 0 or 1 a position from `firstFilledColumn`. Histories are aligned
 * right, the most recent id at the last position, so that "the last but one" is at the same place however long a history is.
 */
export interface HistoryLayout {
  readonly field: FittedFieldOf<"sequence">;
  /** Place of the field's bag among those of its side. */
  readonly fieldIndex: number;
  readonly dimension: number;
  readonly positions: number;
  readonly firstColumn: number;
  readonly firstFilledColumn: number;
}

/** One for each sequence field, in the map's order. */
export function layoutHistories(layout: readonly FieldLayout[], dimension: number): HistoryLayout[] {
  let firstColumn = inputWidth(layout);
  return layout.flatMap(({ field }) => {
    if (field.kind !== "sequence") return [];
    const side = layout.filter(({ field: { from } }) => from === field.from);
    const fieldIndex = side.findIndex((other) => other.field === field);
    const positions = field.maxLength;
    const firstFilledColumn = firstColumn + positions * dimension;
    const history = { field, fieldIndex, dimension, positions, firstColumn, firstFilledColumn };
    firstColumn = firstFilledColumn + positions;
    return [history];
  });
}

/** What a net has to know of x0; `histories` are none but for a family that reads them. */
export function shapeOf(layout: readonly FieldLayout[], histories: readonly HistoryLayout[], dimension: number): InputShape {
  const ownWidth = inputWidth(layout);
  const embedded = layout.filter((field) => field.embedded);
  const columnsOf = (fields: readonly FieldLayout[]) => fields.map(({ firstColumn }) => firstColumn);
  const contextWidth = inputWidth(layout.filter(({ field }) => field.from === "context"));
  const shape = { width: ownWidth, contextWidth, embeddingDimension: dimension, embeddedColumns: columnsOf(embedded) };
  if (histories.length === 0) return shape;
  const positions = histories.map((history) => history.positions);
  const width = positions.reduce((sum, count) => sum + count * (dimension + 1), ownWidth);
  const candidateColumns = columnsOf(embedded.filter(({ field }) => field.from === "candidate"));
  return { ...shape, width, history: { ownWidth, positions, candidateColumns } };
}

// Where each field's bags lie in a dataset.
import type { Bags } from "../../shared/features/bags.ts";
import type { FittedField } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";

/** The field's bag of example `e` is at `bags.offsets[e * bags.fieldCount + column]`. */
export interface FieldColumn {
  readonly field: FittedField;
  readonly bags: Bags;
  readonly column: number;
}

/** One a field of the feature map, in its order: context fields come before candidate fields. */
export function fieldColumns(fields: readonly FittedField[], { context, candidate }: Dataset): FieldColumn[] {
  return fields.map((field, index) =>
    field.from === "context"
      ? { field, bags: context, column: index }
      : { field, bags: candidate, column: index - context.fieldCount },
  );
}

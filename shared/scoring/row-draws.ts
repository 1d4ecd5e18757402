// The posterior's weights of rows: which of the candidate's fields have them, and where they lie.
import type { FittedField } from "../features/feature-map.ts";
import type { ServedModel } from "./scorer.ts";
import { float32Tensor, int8Tensor } from "./served-layers.ts";

/** Of one field: `weight` is [rows of the field, draws]. */
export interface RowDraws {
  readonly firstRow: number;
  readonly weight: Int8Array;
  /** [rows of the field] */
  readonly scale: Float32Array;
}

/** The prefix of a field's tensors. */
export const rowDrawsName = (field: FittedField["name"]): string => `posterior.rows.${field}`;

/** One for each of the candidate's fields, in the map's order; null where a field has none. The model must have been validated. */
export function rowDrawsOf(model: ServedModel): (RowDraws | null)[] {
  const { posterior } = model.architecture;
  const fields = model.featureMap.fields.filter(({ from }) => from === "candidate");
  return fields.map(({ name, firstRow }) => {
    if (!posterior?.fields.includes(name)) return null;
    const prefix = rowDrawsName(name);
    return { firstRow, weight: int8Tensor(model, `${prefix}.weight`), scale: float32Tensor(model, `${prefix}.scale`) };
  });
}

// What fitting a field means, whatever its kind.
import type { FittedField } from "../../shared/features/feature-map.ts";
import type { Field } from "../../shared/tasks/field.ts";

export interface FieldFit {
  observe(value: unknown): void;
  /** The fitted field, whose rows begin at `firstRow`. */
  finish(firstRow: number): FittedField;
}

/** A field of the task, by kind. */
export type FieldOf<Kind extends Field["kind"]> = Extract<Field, { kind: Kind }>;

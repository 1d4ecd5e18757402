// What is wrong with a served model, as its validation says; null where nothing is.
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { validateServedModel } from "../../../shared/scoring/validate-served-model.ts";

export function problemOf(broken: ServedModel): CodedError | null {
  try {
    validateServedModel(broken);
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  return null;
}

// A posterior's draws -> int8 rows beside a served model's, as shared/scoring/architecture.ts has them.
import type { Tensor } from "../../shared/artifact/safetensors.ts";
import { rowDrawsName } from "../../shared/scoring/row-draws.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import { validateServedModel } from "../../shared/scoring/validate-served-model.ts";
import type { FloatPosterior } from "../posterior/fit-posterior.ts";
import { vector } from "./quantize.ts";
import { quantizeRows } from "./quantize-rows.ts";

/**
 * The model, and how sure it is of what it says. The draws were fitted on the float net's head inputs; served, they read the same 11 bits that the
 * heads do, next to which eight bits of a random deviation are more than it is known to.
 *
 * @throws CodedError `model_invalid`
 * @example addPosterior(quantize(floatModel, sample), await fitPosterior(floatModel, splits.train, spec));
 */
export function addPosterior(model: ServedModel, { draws, bias, cross, mlp, rows }: FloatPosterior): ServedModel {
  const tensors = new Map(model.tensors).set("posterior.bias", vector(bias));
  if (cross) addRows(tensors, "posterior.cross", cross, cross.length / draws);
  if (mlp) addRows(tensors, "posterior.mlp", mlp, mlp.length / draws);
  for (const { field, values } of rows) addRows(tensors, rowDrawsName(field), values, draws);
  const architecture = { ...model.architecture, posterior: { draws, fields: rows.map(({ field }) => field) } };
  const served = { ...model, architecture, tensors };
  validateServedModel(served);
  return served;
}

/** Rows of a matrix `columnCount` wide, with a scale each. */
function addRows(tensors: Map<string, Tensor>, name: string, matrix: Float32Array, columnCount: number): void {
  const { values, scales } = quantizeRows(matrix, columnCount);
  tensors.set(`${name}.weight`, { dtype: "I8", shape: [scales.length, columnCount], data: values });
  tensors.set(`${name}.scale`, vector(scales));
}

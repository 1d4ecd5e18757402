// A random posterior for a random model: draws of some of the candidate's rows, and beside every head that has room for them.
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import { inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import { rowDrawsName } from "../../../shared/scoring/row-draws.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { posteriorShapes } from "../../../shared/scoring/served-layers.ts";
import { seededRandom } from "./random-model.ts";

/** `withRows` false: no field has draws of its rows; else about half of the candidate's have. */
export function withPosterior(model: ServedModel, seed: number, draws: number, withRows = true): ServedModel {
  const random = seededRandom(seed);
  const { fields } = model.featureMap;
  const drawn = fields.filter(({ from }) => from === "candidate" && random() < 0.5 && withRows);
  const architecture = { ...model.architecture, posterior: { draws, fields: drawn.map(({ name }) => name) } };
  const f32 = (count: number, low: number): Tensor => {
    const data = Float32Array.from({ length: count }, () => (low + random()) * 0.01);
    return { dtype: "F32", shape: [count], data };
  };
  const int8 = (rows: number, columns: number): Tensor => {
    const data = Int8Array.from({ length: rows * columns }, () => Math.floor(random() * 255) - 127);
    return { dtype: "I8", shape: [rows, columns], data };
  };
  const tensors = new Map(model.tensors).set("posterior.bias", f32(draws, -0.5));
  const width = inputWidth(layoutFields(model.featureMap, architecture.embeddingDimension));
  for (const { name, inputs } of posteriorShapes(architecture, width))
    tensors.set(`${name}.weight`, int8(draws, inputs)).set(`${name}.scale`, f32(draws, 0));
  for (const { name, rowCount } of drawn)
    tensors.set(`${rowDrawsName(name)}.weight`, int8(rowCount, draws)).set(`${rowDrawsName(name)}.scale`, f32(rowCount, 0));
  return { ...model, architecture, tensors };
}

// What a model with retrieval must have beside its layers: the item table's tensors, and numbers in them that can be scored.
import type { Dtype } from "../artifact/safetensors.ts";
import type { ServedModel } from "./scorer.ts";
import { float32Tensor, int8Tensor, int32Tensor, invert } from "./served-layers.ts";

export interface TensorSpec {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** By tensor; none where the model has no retrieval. Ids take as many bytes as they take. */
export function itemSpecs({ architecture: { retrieval }, tensors }: ServedModel): [string, TensorSpec][] {
  if (retrieval === null) return [];
  const { items, dimension } = retrieval;
  return [
    ["items.vector", { dtype: "I8", shape: [items, dimension] }],
    ["items.scale", { dtype: "F32", shape: [items] }],
    ["items.bias", { dtype: "F32", shape: [items] }],
    ["items.id", { dtype: "I8", shape: [tensors.get("items.id")?.data.length ?? 0] }],
    ["items.idEnd", { dtype: "I32", shape: [items] }],
  ];
}

/** What is wrong with the architecture's retrieval, before tensors are looked at: path and detail, or null. */
export function findRetrievalProblem({ architecture, featureMap }: ServedModel): readonly [string, string] | null {
  const { retrieval } = architecture;
  if (retrieval === null) return null;
  const { hidden, inputs, queryScale } = retrieval;
  if (inputs.length !== hidden.length + 1)
    return ["architecture.retrieval.inputs", "one for each hidden layer, and one for the last"];
  if (![Math.fround(queryScale), invert(queryScale)].every((value) => value > 0 && value < Infinity))
    return ["architecture.retrieval.queryScale", `${queryScale} and its inverse are not positive f32s`];
  if (!featureMap.fields.some(({ from }) => from === "context"))
    return ["architecture.retrieval", "its tower needs context fields"];
  return null;
}

/** As above, of tensors that have the shapes of `itemSpecs`. A factor beyond f32 would make NaN of a sum of 0. */
export function findItemProblem(model: ServedModel): readonly [string, string] | null {
  const { retrieval } = model.architecture;
  if (retrieval === null) return null;
  const queryScale = Math.fround(retrieval.queryScale);
  const beyond = float32Tensor(model, "items.scale").findIndex((scale) => Math.fround(queryScale * scale) === Infinity);
  if (beyond >= 0) return ["items.scale", `[${beyond}] times the query's scale is beyond f32`];
  const ends = int32Tensor(model, "items.idEnd");
  const descending = ends.findIndex((end, i) => end <= (ends[i - 1] ?? 0));
  if (descending >= 0) return ["items.idEnd", `[${descending}] is ${ends[descending]}; each id ends after the one before it`];
  const byteCount = int8Tensor(model, "items.id").length;
  if (ends.at(-1) !== byteCount) return ["items.idEnd", `ends at ${ends.at(-1)}; there are ${byteCount} bytes of ids`];
  return null;
}

// The posterior's part of what a served model must be: its fields, and its tensors but for those of layers.
import { rowDrawsName } from "./row-draws.ts";
import type { ServedModel } from "./scorer.ts";
import type { TensorSpec } from "./validate-items.ts";

/** Of a model that has one, else none. */
export function posteriorSpecs({ architecture: { posterior }, featureMap }: ServedModel): [name: string, spec: TensorSpec][] {
  if (posterior === null) return [];
  const rows = featureMap.fields.filter(({ name }) => posterior.fields.includes(name));
  return [
    ["posterior.bias", { dtype: "F32", shape: [posterior.draws] }],
    ...rows.flatMap(({ name, rowCount }): [string, TensorSpec][] => [
      [`${rowDrawsName(name)}.weight`, { dtype: "I8", shape: [rowCount, posterior.draws] }],
      [`${rowDrawsName(name)}.scale`, { dtype: "F32", shape: [rowCount] }],
    ]),
  ];
}

/** What is wrong with it, as path and detail, or null. */
export function findPosteriorProblem({ architecture, featureMap }: ServedModel): readonly [string, string] | null {
  const { posterior, retrieval } = architecture;
  if (posterior === null) return null;
  if (retrieval !== null) return ["architecture.posterior", "a model that retrieves has no logit to deviate from"];
  const own = featureMap.fields.filter(({ from, name }) => from === "candidate" && posterior.fields.includes(name));
  const expected = own.map(({ name }) => name);
  if (expected.join() === posterior.fields.join()) return null;
  return ["architecture.posterior.fields", `[${posterior.fields}]; expected fields of the candidate's, once, in the map's order`];
}

// Multiply-adds of a request: what the dense net really needs, by how much of it is known before.
import { layerShapes } from "../../../shared/scoring/served-layers.ts";
import { contextFieldCount, type Shape } from "./shape.ts";

/** dense: every input of every ad. context: the request's part of the first layer once. cached: the first layer is all known. */
export type Reuse = "dense" | "context" | "cached";

/** Multiply-adds of `count` candidates; embeddings, FM and linear terms are not counted. */
export function macsOf(shape: Shape, count: number, reuse: Reuse): number {
  const { architecture, featureMap } = shape;
  const dimension = architecture.embeddingDimension;
  const [first = 0, ...others] = layerShapes("mlp", architecture, featureMap.fields.length * dimension).map(
    ({ inputs, outputs }) => inputs * outputs,
  );
  const deeper = others.reduce((sum, macs) => sum + macs, 0) * count;
  const shared = first * (contextFieldCount(shape) / featureMap.fields.length);
  if (reuse === "dense") return deeper + first * count;
  return deeper + shared + (reuse === "context" ? (first - shared) * count : 0);
}

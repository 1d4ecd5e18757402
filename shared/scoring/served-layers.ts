// The dense layers of a served model, in the order in which they run.
import type { Architecture } from "./architecture.ts";
import type { ServedModel } from "./scorer.ts";

export type DenseTerm = "cross" | "mlp";

/** What the architecture says of one layer. `name` is the prefix of its tensors: `mlp.0`, `cross.head`. */
export interface LayerShape {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly inputScale: number;
}

/** A layer with its tensors: output j = f32(integer sum) * factor[j] + bias[j]. Weight is [outputs, inputs]. */
export interface ServedLayer extends LayerShape {
  readonly weight: Int8Array;
  /** inputScale * scale[j], in f32; [outputs] */
  readonly factor: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Layers of a term, its head (one output) last; empty where the model lacks the term. `width` is the number of columns of x0.
 *
 * @example layerShapes("mlp", architecture, 384).map(({ name }) => name); // ["mlp.0", "mlp.1", "mlp.head"]
 */
export function layerShapes(term: DenseTerm, architecture: Architecture, width: number): LayerShape[] {
  const net = architecture[term];
  if (net === null) return [];
  const outputs = "hidden" in net ? net.hidden : net.inputScales.map(() => width);
  const layers = outputs.map((count, l) => ({
    name: `${term}.${l}`,
    inputs: outputs[l - 1] ?? width,
    outputs: count,
    inputScale: net.inputScales[l] ?? Number.NaN, // of another length: refused by validateServedModel
  }));
  return [...layers, { name: `${term}.head`, inputs: outputs.at(-1) ?? width, outputs: 1, inputScale: net.headInputScale }];
}

/** As `layerShapes`, with the tensors. The model must have passed `validateServedModel`. */
export function servedLayers(term: DenseTerm, model: ServedModel, width: number): ServedLayer[] {
  return layerShapes(term, model.architecture, width).map((shape) => {
    const inputScale = Math.fround(shape.inputScale);
    return {
      ...shape,
      weight: int8Tensor(model, `${shape.name}.weight`),
      factor: float32Tensor(model, `${shape.name}.scale`).map((scale) => inputScale * scale),
      bias: float32Tensor(model, `${shape.name}.bias`),
    };
  });
}

/** Data of an F32 tensor. @throws Error where a validated model cannot lack it */
export function float32Tensor({ tensors }: ServedModel, name: string): Float32Array {
  const data = tensors.get(name)?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`no F32 tensor ${name}: was the model validated?`);
}

/** Data of an I8 tensor. @throws Error where a validated model cannot lack it */
export function int8Tensor({ tensors }: ServedModel, name: string): Int8Array {
  const data = tensors.get(name)?.data;
  if (data instanceof Int8Array) return data;
  throw new Error(`no I8 tensor ${name}: was the model validated?`);
}

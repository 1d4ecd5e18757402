// The dense layers of a served model, in the order in which they run.
import { type Architecture, activationRange, type LayerInput } from "./architecture.ts";
import type { ServedModel } from "./scorer.ts";

/** `tower` is that of retrieval, over the context's columns alone. */
export type DenseTerm = "cross" | "mlp" | "tower";

/** What the architecture says of one layer. `name` is the prefix of its tensors: `mlp.0`, `cross.0.down`, `cross.head`. */
export interface LayerShape {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly input: LayerInput;
  /** Whether its inputs are x0, which may have a scale a column. */
  readonly overX0: boolean;
  /** Whether its inputs can be below 0. */
  readonly signed: boolean;
  /** What its outputs are divided by: the input scale of the layer that takes them as they are, else 1. */
  readonly outputScale: number;
}

/** A layer with its tensors: output j = f32(integer sum) * factor[j] + bias[j], in units of `outputScale`. Weight is [outputs, inputs]. */
export interface ServedLayer extends LayerShape {
  /** f32(1 / input scale) of each input: what an f32 input is multiplied by; [inputs] */
  readonly inverses: Float32Array;
  readonly lowest: number;
  readonly highest: number;
  readonly weight: Int8Array;
  /** Input scale * scale[j] / `outputScale`, in f32; [outputs] */
  readonly factor: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
}

/**
 * Layers of a term, its head (one output; the tower has none) last; empty where the model lacks the term. `width` is the number of columns of x0 that
 * it takes: all, or for the tower the context's.
 *
 * @example layerShapes("mlp", architecture, 384).map(({ name }) => name); // ["mlp.0", "mlp.1", "mlp.head"]
 */
export function layerShapes(term: DenseTerm, { cross, mlp, retrieval }: Architecture, width: number): LayerShape[] {
  if (term === "tower") return retrieval ? towerShapes(retrieval, width) : [];
  if (term === "cross") return cross ? crossShapes(cross, width) : [];
  return mlp ? mlpShapes(mlp, width) : [];
}

function mlpShapes({ hidden, inputs, headInputScale }: NonNullable<Architecture["mlp"]>, width: number): LayerShape[] {
  const head = headInput(headInputScale);
  const layers = hidden.map((outputs, l) => ({
    name: `mlp.${l}`,
    inputs: hidden[l - 1] ?? width,
    outputs,
    input: inputs[l] ?? MISSING,
    overX0: l === 0,
    signed: l === 0,
    outputScale: scalarOf(l + 1 < hidden.length ? (inputs[l + 1] ?? MISSING) : head),
  }));
  const first = hidden.length === 0;
  const last = { name: "mlp.head", inputs: hidden.at(-1) ?? width, outputs: 1, input: head, overX0: first, signed: first };
  return [...layers, { ...last, outputScale: 1 }];
}

function crossShapes(cross: NonNullable<Architecture["cross"]>, width: number): LayerShape[] {
  const { rank, downInputs, inputs, headInputScale } = cross;
  const state = { signed: true, overX0: false, outputScale: 1 };
  const layers = inputs.flatMap((input, l): LayerShape[] => {
    const name = `cross.${l}`;
    if (rank === null) return [{ ...state, name, inputs: width, outputs: width, input, overX0: l === 0 }];
    const down = { name: `${name}.down`, inputs: width, outputs: rank, input: downInputs[l] ?? MISSING };
    return [
      { ...state, ...down, outputScale: scalarOf(input), overX0: l === 0 },
      { ...state, name, inputs: rank, outputs: width, input },
    ];
  });
  return [...layers, { ...state, name: "cross.head", inputs: width, outputs: 1, input: headInput(headInputScale) }];
}

/**
 * The posterior's layers, each beside the head whose integers it reads: `posterior.cross`, `posterior.mlp`. A head over x0 has none, as
 * its integers are never together.
 *
 * @example posteriorShapes(architecture, 384).map(({ name }) => name); // ["posterior.cross", "posterior.mlp"]
 */
export function posteriorShapes(architecture: Architecture, width: number): LayerShape[] {
  const { posterior } = architecture;
  if (posterior === null) return [];
  return (["cross", "mlp"] as const).flatMap((term) => {
    const head = layerShapes(term, architecture, width).at(-1);
    return head && !head.overX0 ? [{ ...head, name: `posterior.${term}`, outputs: posterior.draws }] : [];
  });
}

/** Whether a layer is the posterior's, which has no biases of its own. */
export function isPosterior({ name }: LayerShape): boolean {
  return name.startsWith("posterior.");
}

function towerShapes(
  { hidden, inputs, dimension, queryScale }: NonNullable<Architecture["retrieval"]>,
  width: number,
): LayerShape[] {
  const sizes = [...hidden, dimension];
  return sizes.map((outputs, l) => ({
    name: `tower.${l}`,
    inputs: sizes[l - 1] ?? width,
    outputs,
    input: inputs[l] ?? MISSING,
    overX0: l === 0,
    signed: l === 0,
    outputScale: l < hidden.length ? scalarOf(inputs[l + 1] ?? MISSING) : queryScale,
  }));
}

/** Whether a layer is the first half, V, of a low-rank one. */
export function isDown({ name }: LayerShape): boolean {
  return name.endsWith(".down");
}

/** Whether a layer is its term's last, of one output. */
export function isHead({ name }: LayerShape): boolean {
  return name.endsWith(".head");
}

/** The scale of a layer that takes another's outputs as they are; a scale a column is refused there. */
const scalarOf = ({ scale }: LayerInput): number => scale ?? Number.NaN;

const headInput = (scale: number): LayerInput => ({ scale, bits: 11 });

/** Where the architecture lists too few inputs: refused by validateServedModel. */
const MISSING: LayerInput = { scale: Number.NaN, bits: 11 };

/** As `layerShapes`, with the tensors. The model must have passed `validateServedModel`. */
export function servedLayers(term: DenseTerm, model: ServedModel, width: number): ServedLayer[] {
  return withTensors(layerShapes(term, model.architecture, width), model);
}

/** As `posteriorShapes`, with the tensors. */
export function posteriorLayers(model: ServedModel, width: number): ServedLayer[] {
  return withTensors(posteriorShapes(model.architecture, width), model);
}

function withTensors(shapes: readonly LayerShape[], model: ServedModel): ServedLayer[] {
  return shapes.map((shape) => {
    const [lowest, highest] = activationRange(shape.input.bits, shape.signed);
    const { scale } = shape.input;
    const inputScale = Math.fround(scale ?? 1);
    const perOutput = invert(shape.outputScale);
    const columnScales = scale === null ? float32Tensor(model, `${shape.name}.inputScale`) : null;
    return {
      ...shape,
      inverses: columnScales?.map(invert) ?? new Float32Array(shape.inputs).fill(invert(inputScale)),
      lowest,
      highest,
      weight: int8Tensor(model, `${shape.name}.weight`),
      factor: float32Tensor(model, `${shape.name}.scale`).map((scale) => Math.fround(inputScale * scale) * perOutput),
      bias: isPosterior(shape)
        ? new Float32Array(shape.outputs)
        : float32Tensor(model, `${shape.name}.bias`).map((bias) => bias * perOutput),
    };
  });
}

/** f32(1 / f32(scale)). */
export function invert(scale: number): number {
  return Math.fround(1 / Math.fround(scale));
}

/** Data of an F32 tensor. @throws Error where a validated model cannot lack it */
export function float32Tensor({ tensors }: ServedModel, name: string): Float32Array {
  const data = tensors.get(name)?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`no F32 tensor ${name}: was the model validated?`);
}

/** Data of an I32 tensor. @throws Error where a validated model cannot lack it */
export function int32Tensor({ tensors }: ServedModel, name: string): Int32Array {
  const data = tensors.get(name)?.data;
  if (data instanceof Int32Array) return data;
  throw new Error(`no I32 tensor ${name}: was the model validated?`);
}

/** Data of an I8 tensor. @throws Error where a validated model cannot lack it */
export function int8Tensor({ tensors }: ServedModel, name: string): Int8Array {
  const data = tensors.get(name)?.data;
  if (data instanceof Int8Array) return data;
  throw new Error(`no I8 tensor ${name}: was the model validated?`);
}

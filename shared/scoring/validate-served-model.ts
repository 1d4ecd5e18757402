// Refuses a malformed model before anything reads its tensors: after this, every index that a scorer computes is in range.
import type { Tensor } from "../artifact/safetensors.ts";
import { type FittedField, inputWidth, layoutFields } from "../features/feature-map.ts";
import { CodedError } from "../schemas/coded-error.ts";
import { MAX_LAYER_INPUTS } from "./architecture.ts";
import type { ServedModel } from "./scorer.ts";
import { float32Tensor, invert, isPosterior, type LayerShape, layerShapes, posteriorShapes } from "./served-layers.ts";
import { findItemProblem, findRetrievalProblem, itemSpecs, type TensorSpec } from "./validate-items.ts";
import { findPosteriorProblem, posteriorSpecs } from "./validate-posterior.ts";

/** Bytes that one scorer may address: wasm's 32-bit memory, less room for activations and requests. */
const MAX_MODEL_BYTES = 3.5 * 2 ** 30;

/** Rows are numbered in i32. */
const MAX_ROWS = 2 ** 31 - 1;

/** A chunk of candidates keeps room for its columns, also where no layer reads them: 16 MiB of these. */
const MAX_COLUMNS = 131_072;

/** Far more than any task can ask for; few enough that a list of them is no burden. */
const MAX_LAYERS = 256;

/**
 * Checks feature map, architecture and tensors against each other: rows, names, dtypes, shapes, finite numbers, layer widths.
 *
 * @throws CodedError `model_invalid`, whose path is the tensor (`mlp.0.weight`), or the part of the feature map or architecture
 * @example validateServedModel({ featureMap, architecture, tensors: readSafetensors(bytes) });
 */
export function validateServedModel(model: ServedModel): void {
  checkFields(model);
  const { architecture } = model;
  const fields = layoutFields(model.featureMap, architecture.embeddingDimension);
  const width = inputWidth(fields);
  const contextWidth = inputWidth(fields.filter(({ field }) => field.from === "context"));
  const layers = [
    ...layerShapes("cross", architecture, width),
    ...layerShapes("mlp", architecture, width),
    ...layerShapes("tower", architecture, contextWidth),
    ...posteriorShapes(architecture, width),
  ];
  refuse(findRetrievalProblem(model));
  refuse(findPosteriorProblem(model));
  checkLayers(model, layers);
  checkColumns(model, width);
  const specs = tensorSpecs(model, layers);
  for (const [name, spec] of specs) checkTensor(name, spec, model.tensors.get(name));
  for (const name of model.tensors.keys()) if (!specs.has(name)) fail(name, "the architecture has no such tensor");
  for (const layer of layers) checkFactors(model, layer);
  refuse(findItemProblem(model));
  const sizeBytes = [...model.tensors.values()].reduce((total, { data }) => total + data.byteLength, 0);
  if (sizeBytes > MAX_MODEL_BYTES)
    fail("embedding", `${sizeBytes} bytes of tensors; at most ${MAX_MODEL_BYTES} can be addressed`);
}

/** Whether the model looks at embeddings or x0 at all: a logistic model has no table. */
export function usesColumns({ fm, cross, mlp, retrieval }: ServedModel["architecture"]): boolean {
  return fm || cross !== null || mlp !== null || retrieval !== null;
}

function checkFields({ featureMap: { fields, rowCount } }: ServedModel): void {
  if (rowCount > MAX_ROWS) fail("featureMap.rowCount", `${rowCount} rows; at most ${MAX_ROWS} can be numbered`);
  let end = 0;
  for (const [i, field] of fields.entries()) {
    const path = `featureMap.fields[${i}]`;
    if (field.firstRow < end) fail(path, `its rows begin at ${field.firstRow}, those of the field before it end at ${end}`);
    end = field.firstRow + field.rowCount;
    if (end > rowCount) fail(path, `its rows end past the map's ${rowCount}`);
    if (field.from === "context" && fields[i - 1]?.from === "candidate")
      fail(path, "context fields come before candidate fields");
    if (field.rowCount < rowsNeeded(field))
      fail(path, `has ${field.rowCount} rows; its ids and buckets need ${rowsNeeded(field)}`);
  }
}

/** Rows that the encoder may point at, as the table of `FittedField` says. */
function rowsNeeded(field: FittedField): number {
  if (field.kind === "numeric") return 2;
  if (field.kind === "quantile") return 1 + Math.max(field.boundaries.length, field.meanBucket) + 1;
  if (field.kind === "vector") return 1 + field.dimension;
  if (field.kind === "text") return 1 + field.hashSpace;
  if (field.kind === "statistic") return field.bucketCount * field.bucketCount;
  return "vocabulary" in field.ids ? 2 + field.ids.vocabulary.length : 1 + field.ids.hashSpace;
}

function checkLayers({ architecture: { cross, mlp } }: ServedModel, layers: readonly LayerShape[]): void {
  if (mlp && mlp.inputs.length !== mlp.hidden.length) fail("architecture.mlp.inputs", "one for each hidden layer");
  if (cross && cross.downInputs.length !== (cross.rank === null ? 0 : cross.inputs.length))
    fail("architecture.cross.downInputs", "one for each layer where there is a rank, else none");
  if (layers.length > MAX_LAYERS) fail("architecture", `${layers.length} layers; at most ${MAX_LAYERS}`);
  for (const { name, inputs, outputs, input, overX0 } of layers) {
    const widest = Math.max(inputs, outputs);
    if (widest > MAX_LAYER_INPUTS) fail(`${name}.weight`, `${widest} wide; integer sums hold at most ${MAX_LAYER_INPUTS}`);
    if (input.scale === null && !overX0) fail(`${name}.weight`, "only a layer over x0 can have a scale a column");
    if (input.scale !== null && !isUsable(input.scale))
      fail(`${name}.weight`, `input scale ${input.scale} and its inverse are not positive f32s`);
  }
}

/** What no layer bounds: a model may have none, or none that looks at embeddings. */
function checkColumns({ architecture: { embeddingDimension } }: ServedModel, width: number): void {
  if (embeddingDimension > MAX_LAYER_INPUTS)
    fail("architecture.embeddingDimension", `${embeddingDimension}; at most ${MAX_LAYER_INPUTS}`);
  if (width > MAX_COLUMNS) fail("featureMap.fields", `${width} columns of x0; at most ${MAX_COLUMNS}`);
}

const isUsable = (scale: number): boolean => [Math.fround(scale), invert(scale)].every((value) => value > 0 && value < Infinity);

function tensorSpecs({ architecture, featureMap, tensors }: ServedModel, layers: readonly LayerShape[]): Map<string, TensorSpec> {
  const rows = featureMap.rowCount;
  const specs = new Map<string, TensorSpec>([["bias", { dtype: "F32", shape: [1] }]]);
  if (architecture.linear) specs.set("linear", { dtype: "F32", shape: [rows] });
  if (usesColumns(architecture)) {
    const { embeddingDimension, embeddingBits } = architecture;
    const rowBytes = embeddingBits === 4 ? Math.ceil(embeddingDimension / 2) : embeddingDimension;
    specs.set("embedding", { dtype: "I8", shape: [rows, rowBytes] });
    specs.set("embedding.scale", { dtype: "F32", shape: [rows] });
  }
  for (const layer of layers) {
    const { name, inputs, outputs, input } = layer;
    if (input.scale === null) specs.set(`${name}.inputScale`, { dtype: "F32", shape: [inputs] });
    specs.set(`${name}.weight`, { dtype: "I8", shape: [outputs, inputs] });
    specs.set(`${name}.scale`, { dtype: "F32", shape: [outputs] });
    if (!isPosterior(layer)) specs.set(`${name}.bias`, { dtype: "F32", shape: [outputs] });
  }
  for (const [name, spec] of itemSpecs({ architecture, featureMap, tensors })) specs.set(name, spec);
  for (const [name, spec] of posteriorSpecs({ architecture, featureMap, tensors })) specs.set(name, spec);
  return specs;
}

const ARRAYS = { F32: Float32Array, I8: Int8Array, I32: Int32Array } as const;

function checkTensor(name: string, { dtype, shape }: TensorSpec, tensor: Tensor | undefined): void {
  if (tensor === undefined) fail(name, `missing; expected ${dtype} [${shape}]`);
  const found = `${tensor.dtype} [${tensor.shape}]`;
  if (found !== `${dtype} [${shape}]`) fail(name, `is ${found}; expected ${dtype} [${shape}]`);
  const { data } = tensor;
  if (!(data instanceof ARRAYS[dtype])) fail(name, `its data are not ${dtype}`);
  const length = shape.reduce((product, size) => product * size, 1);
  if (data.length !== length) fail(name, `has ${data.length} numbers; its shape says ${length}`);
  if (data instanceof Float32Array) checkNumbers(name, data);
}

function checkNumbers(name: string, data: Float32Array): void {
  const lowest = name.endsWith("scale") ? 0 : -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number; // i < length
    if (!Number.isFinite(value) || value < lowest)
      fail(name, `[${i}] is ${value}; expected a finite number${lowest === 0 ? " >= 0" : ""}`);
  }
}

/** A factor beyond f32 would make NaN of a sum of 0; a column's scale that is no positive f32, of an input of 0. */
function checkFactors(model: ServedModel, layer: LayerShape): void {
  const { name, input, outputScale } = layer;
  const [inputScale, perOutput] = [Math.fround(input.scale ?? 1), invert(outputScale)];
  const beyond = (values: Float32Array) => values.findIndex((value) => !Number.isFinite(Math.fround(value * perOutput)));
  const scales = float32Tensor(model, `${name}.scale`).map((scale) => inputScale * scale);
  if (beyond(scales) >= 0) fail(`${name}.scale`, `[${beyond(scales)}] with the scales beside it is beyond f32`);
  const columns = input.scale === null ? float32Tensor(model, `${name}.inputScale`) : new Float32Array();
  const bad = columns.findIndex((scale) => !isUsable(scale));
  if (bad >= 0) fail(`${name}.inputScale`, `[${bad}] is ${columns[bad]}; it and its inverse must be positive f32s`);
  const biases = isPosterior(layer) ? new Float32Array() : float32Tensor(model, `${name}.bias`);
  if (beyond(biases) >= 0) fail(`${name}.bias`, `[${beyond(biases)}] over the output's scale is beyond f32`);
}

function refuse(problem: readonly [path: string, detail: string] | null): void {
  if (problem !== null) fail(...problem);
}

function fail(path: string, detail: string): never {
  throw new CodedError("model_invalid", path, `${detail}; publish the model again from its training run`);
}

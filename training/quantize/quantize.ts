// Float model -> served model: int8 rows and channels, integer activations. Tensors and terms as shared/scoring/architecture.ts has them.
import type { Tensor } from "../../shared/artifact/safetensors.ts";
import type { Architecture } from "../../shared/scoring/architecture.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import { usesColumns, validateServedModel } from "../../shared/scoring/validate-served-model.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { DenseLayer, FloatModel } from "../model/float-model.ts";
import { type ChosenInput, chooseInputs, isCoarse, namedLayers } from "./layer-inputs.ts";
import { quantizeProvenRows } from "./proven-rows.ts";
import { packRows, quantizeRows } from "./quantize-rows.ts";

/**
 * `sample` calibrates the scales of the activations: the validation split, or a part of it like what will be served.
 *
 * @throws CodedError `model_invalid` where a trained weight is not finite or a layer too wide to be served
 * @example const served = quantize(floatModel, splits.valid, { embeddingBits: 8 });
 */
export function quantize(
  model: FloatModel,
  sample: Dataset,
  { embeddingBits }: Pick<Architecture, "embeddingBits"> = { embeddingBits: 8 },
): ServedModel {
  const inputs = chooseInputs(model, sample);
  const architecture = describe(model, inputs, embeddingBits);
  const tensors = new Map<string, Tensor>([["bias", vector(Float32Array.of(model.bias))]]);
  if (model.linear) tensors.set("linear", vector(model.linear));
  if (usesColumns(architecture)) addEmbedding(tensors, model, embeddingBits);
  for (const [name, layer] of namedLayers(model)) addLayer(tensors, name, layer, inputs.get(name) as ChosenInput); // all are there
  const served = { featureMap: model.featureMap, architecture, tensors };
  validateServedModel(served);
  return served;
}

function describe(
  { embeddingDimension, linear, fm, cross, mlp }: FloatModel,
  inputs: ReadonlyMap<string, ChosenInput>,
  embeddingBits: Architecture["embeddingBits"],
): Architecture {
  const inputOf = (name: string) => (inputs.get(name) as ChosenInput).input; // there is one for every layer
  const headScale = (term: string) => inputOf(`${term}.head`).scale as number; // heads have one scale
  return {
    embeddingDimension,
    embeddingBits,
    linear: linear !== null,
    fm,
    cross: cross && {
      rank: cross.layers[0]?.down?.outputs ?? null,
      downInputs: cross.layers.flatMap(({ down }, l) => (down ? [inputOf(`cross.${l}.down`)] : [])),
      inputs: cross.layers.map((_, l) => inputOf(`cross.${l}`)),
      headInputScale: headScale("cross"),
    },
    mlp: mlp && {
      hidden: mlp.layers.map(({ outputs }) => outputs),
      inputs: mlp.layers.map((_, l) => inputOf(`mlp.${l}`)),
      headInputScale: headScale("mlp"),
    },
    retrieval: null,
    posterior: null,
  };
}

/** Rows with a scale each, int8 or packed int4. */
export function addEmbedding(
  tensors: Map<string, Tensor>,
  { embedding, embeddingDimension }: Pick<FloatModel, "embedding" | "embeddingDimension">,
  bits: Architecture["embeddingBits"],
): void {
  const { values, scales } = quantizeRows(embedding, embeddingDimension, bits === 4 ? 7 : 127);
  const data = bits === 4 ? packRows(values, embeddingDimension) : values;
  tensors.set("embedding", { dtype: "I8", shape: [scales.length, data.length / scales.length], data });
  tensors.set("embedding.scale", vector(scales));
}

/** A layer whose columns have scales takes them into its weights, before those are rounded. */
export function addLayer(
  tensors: Map<string, Tensor>,
  name: string,
  { weight, bias, inputs }: DenseLayer,
  { input, columnScales }: ChosenInput,
): void {
  const scaled = columnScales ? weight.map((w, i) => w * (columnScales[i % inputs] as number)) : weight; // [outputs, inputs]
  const coarse = isCoarse(name, input, weight.length);
  const { values, scales } = coarse ? quantizeProvenRows(scaled, inputs) : quantizeRows(scaled, inputs);
  tensors.set(`${name}.weight`, { dtype: "I8", shape: [scales.length, inputs], data: values });
  tensors.set(`${name}.scale`, vector(scales));
  tensors.set(`${name}.bias`, vector(bias));
  if (columnScales) tensors.set(`${name}.inputScale`, vector(columnScales));
}

export function vector(data: Float32Array): Tensor {
  return { dtype: "F32", shape: [data.length], data };
}

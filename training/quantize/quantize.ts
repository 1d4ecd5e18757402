// Float model -> served model: int8 rows and channels, integer activations. Tensors and terms as shared/scoring/architecture.ts has them.
import type { Tensor } from "../../shared/artifact/safetensors.ts";
import type { Architecture } from "../../shared/scoring/architecture.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import { usesColumns, validateServedModel } from "../../shared/scoring/validate-served-model.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FloatModel } from "../model/float-model.ts";
import { calibrateInputScales, namedLayers } from "./input-scales.ts";
import { quantizeRows } from "./quantize-rows.ts";

/**
 * `sample` calibrates the scales of the activations: the validation split, or a part of it like what will be served.
 *
 * @throws CodedError `model_invalid` where a trained weight is not finite or a layer too wide to be served
 * @example const served = quantize(floatModel, splits.valid);
 */
export function quantize(model: FloatModel, sample: Dataset): ServedModel {
  const architecture = describe(model, calibrateInputScales(model, sample));
  const tensors = new Map<string, Tensor>([["bias", vector(Float32Array.of(model.bias))]]);
  if (model.linear) tensors.set("linear", vector(model.linear));
  if (usesColumns(architecture)) addMatrix(tensors, "embedding", "embedding.scale", model.embedding, model.embeddingDimension);
  for (const [name, { weight, bias, inputs }] of namedLayers(model)) {
    addMatrix(tensors, `${name}.weight`, `${name}.scale`, weight, inputs);
    tensors.set(`${name}.bias`, vector(bias));
  }
  const served = { featureMap: model.featureMap, architecture, tensors };
  validateServedModel(served);
  return served;
}

function describe({ embeddingDimension, linear, fm, cross, mlp }: FloatModel, scales: ReadonlyMap<string, number>): Architecture {
  const scaleOf = (name: string) => scales.get(name) as number; // there is one for every layer
  const inputScales = (term: string, layers: readonly unknown[]) => layers.map((_, l) => scaleOf(`${term}.${l}`));
  return {
    embeddingDimension,
    linear: linear !== null,
    fm,
    cross: cross && { inputScales: inputScales("cross", cross.layers), headInputScale: scaleOf("cross.head") },
    mlp: mlp && {
      hidden: mlp.layers.map(({ outputs }) => outputs),
      inputScales: inputScales("mlp", mlp.layers),
      headInputScale: scaleOf("mlp.head"),
    },
  };
}

function addMatrix(
  tensors: Map<string, Tensor>,
  name: string,
  scaleName: string,
  matrix: Float32Array,
  columnCount: number,
): void {
  const { values, scales } = quantizeRows(matrix, columnCount);
  tensors.set(name, { dtype: "I8", shape: [scales.length, columnCount], data: values });
  tensors.set(scaleName, vector(scales));
}

function vector(data: Float32Array): Tensor {
  return { dtype: "F32", shape: [data.length], data };
}

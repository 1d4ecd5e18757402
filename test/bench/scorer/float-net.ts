// A served model in plain f32: its int8 rows and channels times their scales. What every peer is given, so that all compute one model.
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { float32Tensor, int8Tensor, layerShapes } from "../../../shared/scoring/served-layers.ts";
import type { DenseLayer, FloatModel } from "../../../training/model/float-model.ts";

/** The float model that the served one stands for. Only terms that the benchmark's models have: linear, FM, MLP. */
export function toFloatModel(model: ServedModel): FloatModel {
  const { featureMap, architecture } = model;
  const { embeddingDimension, linear, fm, mlp } = architecture;
  const dimension = embeddingDimension;
  if (mlp === null) throw new Error("the benchmark's peers are written for models with an MLP");
  const layers = layerShapes("mlp", architecture, featureMap.fields.length * dimension).map(
    ({ name, inputs, outputs }): DenseLayer => ({
      inputs,
      outputs,
      weight: dequantize(int8Tensor(model, `${name}.weight`), float32Tensor(model, `${name}.scale`), inputs),
      bias: float32Tensor(model, `${name}.bias`),
    }),
  );
  return {
    featureMap,
    embeddingDimension,
    bias: float32Tensor(model, "bias")[0] as number, // [1]
    linear: linear ? float32Tensor(model, "linear") : null,
    embedding: dequantize(int8Tensor(model, "embedding"), float32Tensor(model, "embedding.scale"), dimension),
    fm,
    cross: null,
    mlp: { layers: layers.slice(0, -1), head: layers.at(-1) as DenseLayer }, // the head is always there
  };
}

function dequantize(values: Int8Array, scales: Float32Array, columnCount: number): Float32Array {
  return Float32Array.from(values, (value, i) => value * (scales[Math.floor(i / columnCount)] as number)); // a scale a row
}

/** The layers of an MLP in the order in which they run, its head last. */
export function netLayers({ mlp }: FloatModel): DenseLayer[] {
  return mlp === null ? [] : [...mlp.layers, mlp.head];
}

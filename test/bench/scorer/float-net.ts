// A served model in plain f32: its int8 rows and channels times their scales. What every peer is given, so that all compute one model.
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { float32Tensor, int8Tensor, type LayerShape, layerShapes } from "../../../shared/scoring/served-layers.ts";
import type { DenseLayer, FloatModel } from "../../../training/model/float-model.ts";

/** The float model that the served one stands for. Only what the benchmark's models have: 8-bit rows; linear, FM, MLP. */
export function toFloatModel(model: ServedModel): FloatModel {
  const { featureMap, architecture } = model;
  const { embeddingDimension, embeddingBits, linear, fm, cross, mlp } = architecture;
  if (mlp === null || cross !== null || embeddingBits !== 8)
    throw new Error("the peers' graphs know 8-bit embeddings, linear, FM and MLP terms");
  const layers = layerShapes("mlp", architecture, featureMap.fields.length * embeddingDimension).map((shape) =>
    toFloatLayer(model, shape),
  );
  return {
    featureMap,
    embeddingDimension,
    bias: float32Tensor(model, "bias")[0] as number, // [1]
    linear: linear ? float32Tensor(model, "linear") : null,
    embedding: scaleRows(int8Tensor(model, "embedding"), float32Tensor(model, "embedding.scale"), embeddingDimension),
    fm,
    cross: null,
    mlp: { layers: layers.slice(0, -1), head: layers.at(-1) as DenseLayer }, // the head is always there
  };
}

/** Where each input has a scale of its own, the served weights have been multiplied by it. */
function toFloatLayer(model: ServedModel, { name, inputs, outputs, input }: LayerShape): DenseLayer {
  const weight = scaleRows(int8Tensor(model, `${name}.weight`), float32Tensor(model, `${name}.scale`), inputs);
  const columnScales = input.scale === null ? float32Tensor(model, `${name}.inputScale`) : null;
  return {
    inputs,
    outputs,
    weight: columnScales === null ? weight : weight.map((w, i) => w / (columnScales[i % inputs] as number)), // [inputs]
    bias: float32Tensor(model, `${name}.bias`),
  };
}

function scaleRows(values: Int8Array, scales: Float32Array, columnCount: number): Float32Array {
  return Float32Array.from(values, (value, i) => value * (scales[Math.floor(i / columnCount)] as number)); // a scale a row
}

/** The layers of an MLP in the order in which they run, its head last. */
export function netLayers({ mlp }: FloatModel): DenseLayer[] {
  return mlp === null ? [] : [...mlp.layers, mlp.head];
}

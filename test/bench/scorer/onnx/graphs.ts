// The served model as ONNX graphs for onnxruntime: f32, int8 with scales taken at run time, int8 with scales known before.
// All gather embeddings from a table, run the net, add FM and linear terms where the model has them, and end in probabilities.
import { piecesOf } from "../../../../shared/scoring/calibration.ts";
import type { DenseLayer, FloatModel } from "../../../../training/model/float-model.ts";
import { quantizeRows } from "../../../../training/quantize/quantize-rows.ts";
import { netLayers, toFloatModel } from "../float-net.ts";
import type { Shape } from "../shape.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { type OnnxGraph, writeOnnx } from "./wire.ts";

export type Precision = "f32" | "int8Dynamic" | "int8Static";

const LARGEST_U8 = 255;
const MICROSOFT = { domain: "com.microsoft" } as const;

/** The bytes of an .onnx file: `rows` i32 [candidates, fields] in, one output f32 [candidates, 1]. */
export function writeGraph(shape: Shape, precision: Precision): Uint8Array {
  return writeOnnx(describe(shape, precision));
}

function describe(shape: Shape, precision: Precision): OnnxGraph {
  const graph = new GraphBuilder();
  const model = toFloatModel(shape);
  const { featureMap } = shape;
  const [line, ...more] = piecesOf(shape.calibration);
  if (!line || more.length > 0) throw new Error("the peers compute calibrations that are a line alone");
  const net = { f32: floatNet, int8Dynamic: dynamicNet, int8Static: staticNet }[precision];
  let logit = graph.add("Add", [net(graph, shape, model), graph.float(model.bias)]);
  if (model.linear) logit = graph.add("Add", [logit, linearTerm(graph, model.linear)]);
  if (model.fm) logit = graph.add("Add", [logit, interactions(graph, model)]);
  const scaled = graph.add("Add", [graph.add("Mul", [logit, graph.float(line.slope)]), graph.float(line.value)]);
  return graph.finish(featureMap.fields.length, graph.add("Sigmoid", [scaled]));
}

/** [candidates, fields, dimension], in f32. */
function embeddings(graph: GraphBuilder, { embedding, embeddingDimension, featureMap }: FloatModel): string {
  return graph.add("Gather", [graph.float(embedding, [featureMap.rowCount, embeddingDimension]), "rows"]);
}

const flatten = (graph: GraphBuilder, vectors: string) => graph.add("Reshape", [vectors, graph.axes(0, -1)]);

function floatNet(graph: GraphBuilder, _: Shape, model: FloatModel): string {
  return netLayers(model).reduce(
    (x, layer, l, { length }) => {
      const y = floatLayer(graph, x, layer);
      return l < length - 1 ? graph.add("Relu", [y]) : y;
    },
    flatten(graph, embeddings(graph, model)),
  );
}

function floatLayer(graph: GraphBuilder, x: string, { weight, bias, inputs, outputs }: DenseLayer): string {
  const weights = graph.float(transpose(weight, inputs, outputs), [inputs, outputs]);
  return graph.add("Gemm", [x, weights, graph.float(bias, [outputs])]);
}

/** Each layer takes the scale of its input from the input itself: onnxruntime's own fusion of that. The head stays in f32. */
function dynamicNet(graph: GraphBuilder, _: Shape, model: FloatModel): string {
  const layers = netLayers(model);
  const hidden = quantizedLayers(model).slice(0, -1);
  const x = hidden.reduce(
    (input, { weight, scale, bias, inputs, outputs }) => {
      const weights = graph.constant({ type: "i8", dims: [inputs, outputs], data: transpose(weight, inputs, outputs) });
      const zeros = graph.constant({ type: "i8", dims: [outputs], data: new Int8Array(outputs) });
      const operands = [input, weights, graph.float(scale, [outputs]), zeros, graph.float(bias, [outputs])];
      return graph.add("Relu", [graph.add("DynamicQuantizeMatMul", operands, MICROSOFT)]);
    },
    flatten(graph, embeddings(graph, model)),
  );
  return floatLayer(graph, x, layers.at(-1) as DenseLayer); // the head is always there
}

/**
 * The table itself is 8 bits of one scale, so that x0 is gathered as the first product takes it. Outputs are unsigned with zero
 * point 0: what is below it is cut off, which is ReLU. Sums of the head come out in f32.
 */
function staticNet(graph: GraphBuilder, shape: Shape, model: FloatModel): string {
  const layers = quantizedLayers(model);
  const scales = shape.inputMaxima.map((largest, l) => (l === 0 ? 2 : 1) * (largest / LARGEST_U8)); // x0 has both signs
  const u8 = (value: number) => graph.constant({ type: "u8", dims: [], data: Uint8Array.of(value) });
  const table = quantizeTable(model.embedding, scales[0] as number); // a scale a layer
  const dims = [model.featureMap.rowCount, model.embeddingDimension];
  const x0 = flatten(graph, graph.add("Gather", [graph.constant({ type: "u8", dims, data: table }), "rows"]));
  return layers.reduce((x, { weight, scale, bias, inputs, outputs }, l) => {
    const inputScale = scales[l] as number; // as above
    const weights = graph.constant({ type: "i8", dims: [inputs, outputs], data: transpose(weight, inputs, outputs) });
    const zeros = graph.constant({ type: "i8", dims: [outputs], data: new Int8Array(outputs) });
    const initial = Int32Array.from(bias, (value, j) => Math.round(value / (inputScale * (scale[j] as number)) || 0)); // of a scale 0: none
    const operands = [x, graph.float(inputScale), u8(l === 0 ? ZERO_POINT : 0), weights, graph.float(scale, [outputs]), zeros];
    const sums = graph.constant({ type: "i32", dims: [outputs], data: initial });
    const next = scales[l + 1];
    const output = next === undefined ? [] : [graph.float(next), u8(0)];
    return graph.add("QGemm", [...operands, sums, ...output], MICROSOFT);
  }, x0);
}

const ZERO_POINT = 128;

function quantizeTable(embedding: Float32Array, scale: number): Uint8Array {
  return Uint8Array.from(embedding, (x) => Math.min(LARGEST_U8, Math.max(0, Math.round(x / scale) + ZERO_POINT)));
}

/** A layer with int8 weights, a scale an output: what onnxruntime calls per channel. */
function quantizedLayers(model: FloatModel) {
  return netLayers(model).map((layer) => {
    const { values, scales } = quantizeRows(layer.weight, layer.inputs);
    return { ...layer, weight: values, scale: scales };
  });
}

function linearTerm(graph: GraphBuilder, linear: Float32Array): string {
  const weights = graph.add("Gather", [graph.float(linear, [linear.length]), "rows"]);
  return graph.add("ReduceSum", [weights, graph.axes(1)]);
}

/** 1/2 * sum over dimensions of ((sum v)^2 - sum v^2) (Rendle, 2010). */
function interactions(graph: GraphBuilder, model: FloatModel): string {
  const vectors = embeddings(graph, model);
  const sum = graph.add("ReduceSum", [vectors, graph.axes(1)], { ints: { keepdims: 0 } });
  const squares = graph.add("ReduceSum", [graph.add("Mul", [vectors, vectors]), graph.axes(1)], { ints: { keepdims: 0 } });
  const pairs = graph.add("Sub", [graph.add("Mul", [sum, sum]), squares]);
  return graph.add("Mul", [graph.add("ReduceSum", [pairs, graph.axes(1)]), graph.float(0.5)]);
}

/** [outputs, inputs] -> [inputs, outputs]. */
function transpose<T extends Float32Array | Int8Array>(matrix: T, inputs: number, outputs: number): T {
  const turned = matrix.slice() as T; // slice keeps the type, which TypeScript forgets
  for (let j = 0; j < outputs; j++) {
    for (let i = 0; i < inputs; i++) turned[i * outputs + j] = matrix[j * inputs + i] as number; // [outputs, inputs]
  }
  return turned;
}

// tfjs on its wasm (SIMD, one thread) and cpu backends. Given less to do than we have: x0 [candidates, width] and the linear weights
// are gathered beforehand, because its own gather takes longer than the net. Layers are its fused product, bias and ReLU.
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPath } from "@tensorflow/tfjs-backend-wasm";
import module from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { DenseLayer, FloatModel } from "../../../training/model/float-model.ts";
import type { Engine } from "../scorer/engines/engine.ts";
import { netLayers, toFloatModel } from "../scorer/float-net.ts";
import { flatRows, type Shape } from "../scorer/shape.ts";
import { placeholderOf } from "./precompiled.ts";

export const tfjsWasm = tfjsEngine("wasm");
export const tfjsCpu = tfjsEngine("cpu");

// workerd is neither a browser nor Node to tfjs.
tf.env().setPlatform("workerd", {
  fetch: async () => ({ ok: true, arrayBuffer: async () => placeholderOf(module) }) as Response, // all that the backend looks at
  now: () => Date.now(),
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder().decode(bytes),
  isTypedArray: (value): value is Float32Array | Int32Array | Uint8Array | Uint8ClampedArray =>
    ArrayBuffer.isView(value) && !(value instanceof DataView),
});
tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
tf.env().set("WASM_HAS_SIMD_SUPPORT", true); // its own check compiles bytes
setWasmPath("simd.wasm", true); // true: fetched by the platform above

function tfjsEngine(backend: "wasm" | "cpu"): Engine {
  const activate = async () => {
    if (tf.getBackend() !== backend && !(await tf.setBackend(backend))) throw new Error(`tfjs has no ${backend} backend here`);
  };
  return {
    async prepare(shape, count) {
      await activate();
      const model = toFloatModel(shape);
      const rows = flatRows(shape, count);
      const { embedding, embeddingDimension: dimension, linear } = model;
      const input: Input = { x0: pick(embedding, rows, dimension), linear: linear && pick(linear, rows, 1), count };
      const net = createNet(shape, model);
      return {
        activate,
        run() {
          const probabilities = tf.tidy(() => net(input));
          const values = probabilities.dataSync<"float32">();
          probabilities.dispose();
          return values;
        },
      };
    },
  };
}

/** Rows of a table, one after the other. */
function pick(table: Float32Array, rows: Int32Array, width: number): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(table.subarray(row * width, (row + 1) * width), i * width);
  return picked;
}

interface Input {
  readonly x0: Float32Array;
  readonly linear: Float32Array | null;
  readonly count: number;
}

function createNet({ calibration, featureMap }: Shape, model: FloatModel): (input: Input) => tf.Tensor {
  const { slope, intercept } = calibration;
  const { embeddingDimension: dimension, fm } = model;
  const fieldCount = featureMap.fields.length;
  const layers = netLayers(model).map(placeLayer);
  return ({ x0: values, linear, count }) => {
    const x0 = tf.tensor2d(values, [count, fieldCount * dimension]);
    let logit = layers.reduce((a: tf.Tensor2D, { weight: b, bias }, l) => {
      const activation = l < layers.length - 1 ? "relu" : "linear";
      return tf.fused.matMul({ a, b, bias, activation }) as tf.Tensor2D; // of two matrices
    }, x0);
    if (linear) logit = tf.add(logit, tf.sum(tf.tensor2d(linear, [count, fieldCount]), 1, true));
    if (fm) logit = tf.add(logit, interactions(tf.reshape(x0, [count, fieldCount, dimension])));
    return tf.sigmoid(tf.add(tf.mul(tf.add(logit, model.bias), slope), intercept));
  };
}

function placeLayer({ weight, bias, inputs, outputs }: DenseLayer) {
  return { weight: tf.tidy(() => tf.transpose(tf.tensor2d(weight, [outputs, inputs]))), bias: tf.tensor1d(bias) }; // [inputs, outputs]
}

/** 1/2 * sum over dimensions of ((sum v)^2 - sum v^2) (Rendle, 2010). */
function interactions(vectors: tf.Tensor3D): tf.Tensor2D {
  const pairs = tf.sub(tf.square(tf.sum(vectors, 1)), tf.sum(tf.square(vectors), 1));
  return tf.mul(tf.sum(pairs, 1, true), 0.5);
}

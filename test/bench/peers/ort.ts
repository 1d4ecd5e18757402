// onnxruntime-web, one thread, its wasm build of the npm package. Given the rows of all fields of all candidates; gathers from a
// table in the graph, as we do, and answers with probabilities.

import module from "onnxruntime-web/ort-wasm-simd-threaded.wasm";
import * as ort from "onnxruntime-web/wasm";
import type { Engine } from "../scorer/engines/engine.ts";
import { type Precision, writeGraph } from "../scorer/onnx/graphs.ts";
import { flatRows } from "../scorer/shape.ts";
import { placeholderOf } from "./precompiled.ts";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = placeholderOf(module);

export const ortF32 = ortEngine("f32");
export const ortInt8Dynamic = ortEngine("int8Dynamic");
export const ortInt8Static = ortEngine("int8Static");

function ortEngine(precision: Precision): Engine {
  const sessions = new Map<string, ort.InferenceSession>();
  return {
    async prepare(shape, count) {
      const session = sessions.get(shape.name) ?? (await ort.InferenceSession.create(writeGraph(shape, precision), OPTIONS));
      sessions.set(shape.name, session);
      const rows = flatRows(shape, count);
      const dims = [count, shape.featureMap.fields.length];
      const output = session.outputNames[0]!; // the graph has one
      return {
        async run() {
          const results = await session.run({ rows: new ort.Tensor("int32", rows, dims) });
          return results[output]!.data as Float32Array; // f32, as the graph says
        },
      };
    },
  };
}

const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
  executionMode: "sequential",
  enableCpuMemArena: true,
  enableMemPattern: true,
};

// Who takes part, in the order in which they are shown. The names are those of the Worker's engines (peers/worker.ts).
import type { EngineFacts } from "./figures.ts";
import type { Reuse } from "./macs.ts";

export const ENGINES: readonly (EngineFacts & { readonly reuse: Reuse })[] = [
  { name: "oursDense", label: "ours, dense", side: "ours", precision: "int8", reuse: "dense" },
  { name: "oursPlainBuild", label: "ours, dense, build without relaxed SIMD", side: "ours", precision: "int8", reuse: "dense" },
  { name: "oursContext", label: "ours, context once", side: "ours", precision: "int8", reuse: "context" },
  { name: "oursCached", label: "ours, context once, creatives cached", side: "ours", precision: "int8", reuse: "cached" },
  { name: "ortInt8Dynamic", label: "onnxruntime-web int8, dynamic scales", side: "peer", precision: "int8", reuse: "dense" },
  { name: "ortInt8Static", label: "onnxruntime-web int8, static scales", side: "peer", precision: "int8", reuse: "dense" },
  { name: "ortF32", label: "onnxruntime-web f32", side: "peer", precision: "f32", reuse: "dense" },
  { name: "tfjsWasm", label: "tfjs wasm SIMD", side: "peer", precision: "f32", reuse: "dense" },
  { name: "tfjsCpu", label: "tfjs cpu", side: "peer", precision: "f32", reuse: "dense" },
  { name: "plain", label: "plain TypeScript loops", side: "peer", precision: "f32", reuse: "dense" },
];

/** Ceilings and what their loops do (assembly/ceiling.ts). */
export const CEILINGS: Readonly<Record<string, string>> = {
  int8ToInt32: "i32x4.relaxed_dot_i8x16_i7x16_add_s",
  int8ToInt16: "i16x8.relaxed_dot_i8x16_i7x16_s + i16x8.add",
  int16ToInt32: "i32x4.dot_i16x8_s + i32x4.add",
};

/** Multiply-adds of one run of a ceiling. */
export const CEILING_MACS = 2 ** 22;

// The int8 scoring kernel: inner loops over exported memory, which the typed wrapper (kernel-scorer.ts) lays out and calls in order.
// It must equal reference.ts bit for bit: every f32 operation in that order, none fused.

export { quantize, rectify } from "./activations";
export { gather, setTables } from "./gather";
export { product } from "./product";
export { addHead, addInteractions, addLinear, crossStep } from "./terms";

/** First byte that the wrapper may use. */
export function heapBase(): usize {
  return __heap_base;
}

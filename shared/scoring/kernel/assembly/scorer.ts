// The int8 scoring kernel: inner loops over exported memory, which the typed wrapper (kernel-scorer.ts) lays out and calls in order.
// It must equal reference.ts bit for bit: every f32 operation in that order, none fused. Built twice, with relaxed SIMD and without.

export { quantizeBytes, quantizeWords, requantizeBytes, requantizeWords } from "./activations";
export { calibrate } from "./calibration";
export { crossSlots, crossStep } from "./cross";
export { addDraws, beginDraws, finishDraws, sumRowDraws } from "./draws";
export { gather, setTables } from "./gather";
export { retrieve } from "./items";
export { productBytes, takesBytes } from "./product-bytes";
export { dotWords, productWords } from "./product-words";
export { addHead, addInteractions, addLinear, fetchSlots, join, joinColumns } from "./terms";
export { selectBest, setTop } from "./top";

/** First byte that the wrapper may use. */
export function heapBase(): usize {
  return __heap_base;
}

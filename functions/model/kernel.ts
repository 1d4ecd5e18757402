// The scoring kernel, chosen once at start: the build with relaxed SIMD where the engine takes it.
import plain from "../../shared/scoring/kernel/scorer.wasm";

/**
 * Both builds give the same logits, bit for bit; an engine without relaxed SIMD refuses to compile the faster one. Where modules are
 * compiled as they are imported, that import fails and the other build serves. workerd's default registry compiles them all before any
 * code runs, and has relaxed SIMD: there the faster one always serves.
 */
export const kernel: WebAssembly.Module = await import("../../shared/scoring/kernel/scorer-relaxed.wasm").then(
  ({ default: relaxed }) => relaxed,
  () => plain,
);

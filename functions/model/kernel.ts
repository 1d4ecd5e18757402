// The scoring kernel, chosen once at start: the build with relaxed SIMD where the engine takes it.
import plain from "../../shared/scoring/kernel/scorer.wasm";

/** Both builds give the same logits, bit for bit; an engine without relaxed SIMD refuses to compile the faster one. */
export const kernel: WebAssembly.Module = await import("../../shared/scoring/kernel/scorer-relaxed.wasm").then(
  ({ default: relaxed }) => relaxed,
  () => plain,
);

// The scoring kernel in Node, which does not import wasm files as modules: read and compiled here.
import { readFileSync } from "node:fs";

/** scorer.wasm, compiled. @throws Error where the kernel was not built: `npm run prepare` */
export function readKernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL("../../shared/scoring/kernel/scorer.wasm", import.meta.url)));
}

// The training kernels as `npm run prepare` built them.
import { readFileSync } from "node:fs";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** A kernel of this folder, compiled. Throws `kernel_not_built`. */
export function readKernel(name: "gemm" | "rows" | "batch-norm" | "table"): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(new URL(`./${name}.wasm`, import.meta.url)));
  } catch (cause) {
    const detail = "the training kernel is not built: run `npm run prepare`";
    throw new CodedError("kernel_not_built", "", detail, undefined, { cause });
  }
}

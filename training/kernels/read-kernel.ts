// The training kernels as `npm run prepare` built them.
import { readFileSync } from "node:fs";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** A kernel of this folder, compiled. Throws `kernel_not_built`. */
export function readKernel(name: "gemm" | "rows" | "batch-norm" | "table"): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(new URL(`./${name}.wasm`, import.meta.url)));
  } catch (cause) {
    throw kernelNotBuilt(cause);
  }
}

export function kernelNotBuilt(cause: unknown): CodedError {
  const detail = "the training kernel is not built: run `npm run prepare`";
  return new CodedError("kernel_not_built", "", detail, undefined, { cause });
}

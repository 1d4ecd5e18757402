// Loads tfjs's wasm backend with a memory that threads can share: build.ts makes it so.
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { kernelNotBuilt } from "./read-kernel.ts";

/** Registers the backend, which is yet to be made tfjs's current one. Throws `kernel_not_built`. */
export async function loadWasmBackend(): Promise<void> {
  await access(new URL("./tfjs-backend-wasm-simd.wasm", import.meta.url)).catch((cause: unknown) => {
    throw kernelNotBuilt(cause);
  });
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm"); // registers itself, so only where it is wanted
  setWasmPaths(fileURLToPath(new URL("./", import.meta.url)));
}

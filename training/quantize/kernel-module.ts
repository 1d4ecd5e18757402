// The scoring kernel in Node, which does not import wasm files as modules: read and compiled here.
import { readFileSync } from "node:fs";

/** The build that this engine runs fastest, compiled. @throws Error where the kernel was not built: `npm run prepare` */
export function readKernelModule(): WebAssembly.Module {
  const relaxed = read("scorer-relaxed.wasm");
  return new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : read("scorer.wasm"));
}

function read(name: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(`../../shared/scoring/kernel/${name}`, import.meta.url));
}

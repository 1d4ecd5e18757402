// Lets Node import `x.wasm` the way that workerd does: as a compiled WebAssembly.Module.
import type { Plugin } from "vite";

export function wasmModules(): Plugin {
  return {
    name: "wasm-modules",
    enforce: "pre",
    load(id) {
      if (!id.endsWith(".wasm")) return null;
      return `import { readFileSync } from "node:fs";\nexport default new WebAssembly.Module(readFileSync(${JSON.stringify(id)}));`;
    },
  };
}

// Compiles the ceilings' kernel, which the Worker's bundle imports. It is only measured, so that it is not built on install.
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const FLAGS = "--optimizeLevel 3 --shrinkLevel 0 --runtime stub --use abort= --enable simd --enable relaxed-simd".split(" ");

export async function compileCeiling(): Promise<void> {
  const baseDir = fileURLToPath(new URL(".", import.meta.url));
  const { error, stderr } = await asc.main(["assembly/ceiling.ts", "--outFile", "ceiling.wasm", "--baseDir", baseDir, ...FLAGS]);
  if (error) throw new Error(`assembly/ceiling.ts does not compile:\n${stderr.toString()}`, { cause: error });
}

// Compiles the AssemblyScript kernels to wasm. Runs on install (`npm run prepare`); the outputs are not committed.
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

/** Source, output and the compiler's flags beyond `FLAGS`. Paths are relative to the project's root. */
const TARGETS: readonly { readonly source: string; readonly output: string; readonly flags: readonly string[] }[] = [
  { source: "shared/scoring/kernel/assembly/scorer.ts", output: "shared/scoring/kernel/scorer.wasm", flags: [] },
  {
    source: "shared/scoring/kernel/assembly/scorer.ts",
    output: "shared/scoring/kernel/scorer-relaxed.wasm",
    flags: ["--enable", "relaxed-simd"],
  },
  // These work on tensors where they lie, in the memory of tfjs's own wasm module.
  {
    source: "training/kernels/assembly/gemm.ts",
    output: "training/kernels/gemm.wasm",
    flags: ["--importMemory", "--enable", "relaxed-simd"],
  },
  { source: "training/kernels/assembly/rows.ts", output: "training/kernels/rows.wasm", flags: ["--importMemory"] },
  { source: "training/kernels/assembly/batch-norm.ts", output: "training/kernels/batch-norm.wasm", flags: ["--importMemory"] },
  // Works in a memory that is as large as the table needs.
  { source: "training/kernels/assembly/table.ts", output: "training/kernels/table.wasm", flags: ["--importMemory"] },
];

/** The kernels allocate nothing and never abort, so that they need no runtime and import nothing; memory is exported. */
const FLAGS = "--optimizeLevel 3 --shrinkLevel 0 --converge --runtime stub --use abort= --enable simd".split(" ");

const root = fileURLToPath(new URL("../..", import.meta.url));

for (const { source, output, flags } of TARGETS) {
  const { error, stderr } = await asc.main([source, "--outFile", output, "--baseDir", root, ...FLAGS, ...flags]);
  if (error) throw new Error(`${source} does not compile:\n${stderr.toString()}`, { cause: error });
}

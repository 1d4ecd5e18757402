// Compiles the AssemblyScript kernels to wasm. Runs on install (`npm run prepare`); the outputs are not committed.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

/** Of 4 GiB at most, and shared between threads. */
const SHARED = "--importMemory --sharedMemory --maximumMemory 65536 --enable threads".split(" ");

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
    flags: [...SHARED, "--enable", "relaxed-simd"],
  },
  { source: "training/kernels/assembly/rows.ts", output: "training/kernels/rows.wasm", flags: SHARED },
  { source: "training/kernels/assembly/batch-norm.ts", output: "training/kernels/batch-norm.wasm", flags: SHARED },
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

await writeFile(new URL("tfjs-backend-wasm-simd.wasm", import.meta.url), await shareMemory());

/** tfjs's wasm module with its memory declared shared, which is one bit of its binary: so our products can run on several threads. */
async function shareMemory(): Promise<Buffer> {
  const bytes = await readFile(new URL(import.meta.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm")));
  // The memory section: 7 bytes, one memory, with a maximum (1), of 256 pages at first and 65,536 at most.
  const section = Buffer.from([5, 7, 1, 1, 0x80, 2, 0x80, 0x80, 4]);
  const at = bytes.indexOf(section);
  if (at < 0) throw new Error("tfjs-backend-wasm-simd.wasm declares its memory in another way than it used to");
  bytes[at + 3] = 3; // with a maximum, and shared
  return bytes;
}

// What the Worker weighs when it is uploaded, whole and by part.
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import type { WorkerModule } from "../workerd/bundle.ts";
import { filesByPart, textByPart } from "./parts.ts";
import { bundleWithFileNames, type WorkerSettings } from "./worker.ts";

export interface PartSize {
  readonly name: string;
  readonly minifiedBytes: number;
  /** Of the part's minified text compressed for itself. */
  readonly aloneGzipBytes: number;
  /** Its share of the whole's gzip: the whole, in proportion to `aloneGzipBytes`. Shares sum to the whole. */
  readonly gzipBytes: number;
}

/** Every module is compressed for itself, as for an upload. */
export function gzipBytesOf(modules: readonly WorkerModule[]): number {
  return modules.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
}

/** The bundle's own exports at its end, of what other parts declare. */
const EXPORTS = /^export \{[^}]*\};?\n/m;

/** The largest first. `modules` are those of the whole. */
export async function sizesByPart(modules: readonly WorkerModule[], settings: WorkerSettings): Promise<PartSize[]> {
  const scripts = modules.filter(({ name }) => name.endsWith(".js"));
  const kernels = modules
    .filter(({ name }) => name.endsWith(".wasm"))
    .map(({ name, contents }) => ({ ...sizeOf(name, contents), gzipBytes: gzipSync(contents).length }));
  const named = await bundleWithFileNames({ file: settings.main }, settings);
  const text = new TextDecoder().decode(named.modules[0]?.contents); // the entry comes first
  const alone: Omit<PartSize, "gzipBytes">[] = [];
  for (const [name, part] of textByPart(text, filesByPart(named.metafile))) {
    const { code } = await transform(part.replace(EXPORTS, ""), { minifyWhitespace: settings.minify, format: "esm" });
    alone.push(sizeOf(name, new TextEncoder().encode(code)));
  }
  const scale = gzipBytesOf(scripts) / alone.reduce((sum, { aloneGzipBytes }) => sum + aloneGzipBytes, 0);
  const parts = alone.map((part) => ({ ...part, gzipBytes: part.aloneGzipBytes * scale }));
  return [...parts, ...kernels].sort((a, b) => b.gzipBytes - a.gzipBytes);
}

const sizeOf = (name: string, bytes: Uint8Array) => ({
  name,
  minifiedBytes: bytes.length,
  aloneGzipBytes: gzipSync(bytes).length,
});

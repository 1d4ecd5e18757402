// Bundles a Worker for real workerd: one ES module, and the wasm files that it imports, which workerd compiles when it starts.
import { basename } from "node:path";
import { build, type Metafile } from "esbuild";

export interface WorkerBundle {
  /** The entry first. */
  readonly modules: readonly WorkerModule[];
  /** Which input gave how many bytes of which output. */
  readonly metafile: Metafile;
}

export interface WorkerModule {
  readonly name: string;
  readonly contents: Uint8Array;
}

export interface BundleOptions {
  readonly minify?: boolean;
  /** Global names to replace, by what. */
  readonly define?: Readonly<Record<string, string>>;
}

/** `entry` is a file, or `{ source, folder }`: text that imports relative to a folder. */
export async function bundleWorker(
  entry: string | { readonly source: string; readonly folder: string },
  { minify = false, define = {} }: BundleOptions = {},
): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    ...(typeof entry === "string"
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.source, resolveDir: entry.folder, sourcefile: "entry.ts", loader: "ts" } }),
    bundle: true,
    write: false,
    metafile: true,
    minify,
    define,
    outdir: "bundle", // nothing is written; output names need one
    entryNames: "worker",
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    external: ["cloudflare:*", "node:*"],
    logLevel: "silent", // a failure is thrown, with its messages
  });
  const modules = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents: new Uint8Array(contents) }));
  return { modules: modules.sort((a, b) => Number(b.name === "worker.js") - Number(a.name === "worker.js")), metafile };
}

// Bundles a Worker for real workerd: one ES module, and the wasm files that it imports, which workerd compiles when it starts.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { WORKER_BUILD } from "../../../training/local/worker-bundle.ts";

export interface WorkerBundle {
  /** The entry first. */
  readonly modules: readonly WorkerModule[];
  /** Which input gave how many bytes of which output; paths from the project's root. */
  readonly metafile: Metafile;
}

export interface WorkerModule {
  readonly name: string;
  readonly contents: Uint8Array;
}

/** A file, or text whose imports are looked up from the project's root. */
export type Entry = { readonly file: string } | { readonly source: string };

type Options = Pick<BuildOptions, "minify" | "minifyIdentifiers" | "minifySyntax" | "legalComments" | "keepNames" | "define">;

const root = fileURLToPath(new URL("../../..", import.meta.url));

export async function bundleWorker(entry: Entry, options: Options = {}): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    ...("file" in entry ? { entryPoints: [entry.file] } : { stdin: { contents: entry.source, resolveDir: root, loader: "ts" } }),
    ...WORKER_BUILD,
    ...options,
    absWorkingDir: root,
    metafile: true,
    outdir: "bundle", // nothing is written; output names need one
  });
  const modules = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents: new Uint8Array(contents) }));
  return { modules: modules.sort((a, b) => Number(isEntry(b)) - Number(isEntry(a))), metafile };
}

const isEntry = ({ name }: WorkerModule) => name === "worker.js";

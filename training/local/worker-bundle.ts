// Bundles the real Worker for the embedded platform: settings from wrangler.toml, code through esbuild, wasm as modules.
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import type { V4WorkerOptions, V4WorkerOptionsShape } from "miniflare";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The Worker of wrangler.toml's local settings, its variables overridden by `vars`. */
export async function loadWorker(vars: Readonly<Record<string, string>>): Promise<V4WorkerOptions> {
  process.env.WRANGLER_LOG ??= "error"; // it would warn that S3 credentials of local buckets are experimental
  const { unstable_getMiniflareWorkerOptions: readSettings } = await import("wrangler"); // 2 s cold: only when there is a Worker
  const { workerOptions, main } = readSettings(`${root}wrangler.toml`);
  if (!main) throw new Error("wrangler.toml has no main");
  const settings = workerOptions as V4WorkerOptionsShape; // its own type, an Omit over an index signature, lost the fields
  const { modulesRules: _, ...rest } = settings; // rules for files on disk; the bundle names its modules itself
  return { ...rest, bindings: { ...settings.bindings, ...vars }, modules: await bundleModules(main) };
}

/** How a Worker becomes one ES module, with the .wasm files that it imports beside it. */
export const WORKER_BUILD = {
  bundle: true,
  write: false,
  entryNames: "worker",
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  loader: { ".wasm": "copy" },
  external: ["cloudflare:*", "node:*"],
  logLevel: "silent", // a failure is thrown, with its messages
} satisfies BuildOptions & { write: false };

/** `entry` and all that it imports as one ES module, with the .wasm files that it imports beside it. */
async function bundleModules(entry: string) {
  const { outputFiles } = await build({ ...WORKER_BUILD, entryPoints: [entry], outdir: dirname(entry) });
  return outputFiles
    .map(({ path, contents }) => ({ path: basename(path), contents: new Uint8Array(contents) }))
    .map((file) => ({ ...file, type: file.path.endsWith(".wasm") ? ("CompiledWasm" as const) : ("ESModule" as const) }))
    .sort((a, b) => (a.type < b.type ? 1 : -1)); // the entry comes first
}

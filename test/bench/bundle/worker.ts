// The real Worker as wrangler uploads it: its settings, and the bundle that they give.
import { unstable_readConfig as readConfig } from "wrangler";
import { bundleWorker, type Entry, type WorkerBundle } from "../workerd/bundle.ts";
import type { WorkerEnvironment } from "../workerd/serve.ts";

export interface WorkerSettings {
  readonly main: string;
  readonly minify: boolean;
  readonly keepNames: boolean;
  readonly environment: WorkerEnvironment;
}

/** From wrangler.toml; names are kept unless it says otherwise, which is wrangler's own default and costs bytes and time. */
export function readSettings(): WorkerSettings {
  const config = readConfig({ config: "wrangler.toml" }, { hideWarnings: true });
  const { main, minify, keep_names: keepNames, vars, queues } = config;
  if (!main) throw new Error("wrangler.toml has no main");
  const texts = Object.entries(vars).map(([name, value]) => [name, String(value)]);
  const producers: readonly { readonly binding: string }[] = queues.producers ?? []; // wrangler's own type lost the fields
  const objects: readonly { readonly name: string; readonly class_name: string }[] = config.durable_objects.bindings; // so did these
  const environment = {
    vars: Object.fromEntries(texts),
    queues: producers.map(({ binding }) => binding),
    durableObjects: objects.map(({ name, class_name: className }) => ({ binding: name, className })),
  };
  return { main, minify: minify ?? false, keepNames: keepNames ?? true, environment };
}

export function bundleAsUploaded(entry: Entry, { minify, keepNames }: WorkerSettings): Promise<WorkerBundle> {
  return bundleWorker(entry, { minify, keepNames });
}

/** As above, with line breaks and with comments that say where each file begins. */
export function bundleWithFileNames(entry: Entry, { minify, keepNames }: WorkerSettings): Promise<WorkerBundle> {
  return bundleWorker(entry, { minifyIdentifiers: minify, minifySyntax: minify, keepNames, legalComments: "none" });
}

// The wire type of GET /v1/models: what a Worker's isolate has loaded, and what went wrong with the rest.
import * as z from "zod/mini";
import { Channel, Metrics } from "../artifact/manifest.ts";

/**
 * One channel of a model, or of the catalog (its name is `catalog`). `version`, `sequence` and `loadedMs` are null while nothing was
 * ever loaded; `lastFailure` is null where the newest load succeeded. `metrics` are those of the manifest, null for the catalog.
 *
 * @example const { models } = parse(ModelsResponse, await response.json());
 */
export const LoadedChannel = z.strictObject({
  name: z.string(),
  channel: Channel,
  version: z.nullable(z.string()),
  sequence: z.nullable(z.int()),
  loadedMs: z.nullable(z.int()),
  lastFailure: z.nullable(z.string()),
  metrics: z.nullable(z.record(z.string(), Metrics)),
});
export type LoadedChannel = z.infer<typeof LoadedChannel>;

/** Body of GET /v1/models. */
export const ModelsResponse = z.strictObject({ models: z.array(LoadedChannel) });

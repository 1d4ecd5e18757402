// The wire type of GET /v1/models: what a Worker's isolate has loaded, and what went wrong with the rest.
import * as v from "valibot";
import { Channel, Metrics } from "../artifact/manifest.ts";
import { int } from "./numbers.ts";
import { record, strictObject } from "./objects.ts";

/**
 * One channel of a model, or of the catalog (its name is `catalog`). `version`, `sequence` and `loadedMs` are null while nothing was
 * ever loaded; `lastFailure` is null where the newest load succeeded. `metrics` are those of the manifest, null for the catalog.
 *
 * @example const { models } = parse(ModelsResponse, await response.json());
 */
export const LoadedChannel = strictObject({
  name: v.string(),
  channel: Channel,
  version: v.nullable(v.string()),
  sequence: v.nullable(int),
  loadedMs: v.nullable(int),
  lastFailure: v.nullable(v.string()),
  metrics: v.nullable(record(v.string(), Metrics)),
});
export type LoadedChannel = v.InferOutput<typeof LoadedChannel>;

/** Body of GET /v1/models. */
export const ModelsResponse = strictObject({ models: v.array(LoadedChannel) });

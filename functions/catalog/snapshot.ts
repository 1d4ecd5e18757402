// What a request is served from: the catalog and the models of all its tasks and channels, from isolate memory where they are loaded.
import type { Channel } from "../../shared/artifact/manifest.ts";
import type { ChannelLoader, Loaded } from "../model/channel-loader.ts";
import type { LoaderPool } from "../model/loader-pool.ts";
import type { EdgeModel } from "../model/model.ts";
import { type CatalogIndex, EMPTY_CATALOG } from "./catalog-index.ts";

export interface SnapshotSources {
  readonly catalogLoader: ChannelLoader<CatalogIndex>;
  readonly models: LoaderPool<EdgeModel>;
  readonly nowMs: () => number;
}

/** `catalogVersion` is null where no catalog was ever loaded; a channel that nothing was ever loaded from is not in `models`. */
export interface Snapshot {
  readonly catalog: CatalogIndex;
  readonly catalogVersion: string | null;
  /** Rises with every catalog that is published; -1 where none was loaded. */
  readonly catalogSequence: number;
  readonly models: ReadonlyMap<Channel, Loaded<EdgeModel>>;
  /** Of the catalog's conversion task. */
  readonly conversionModels: ReadonlyMap<Channel, Loaded<EdgeModel>>;
}

export type WaitUntil = (work: Promise<unknown>) => void;

/**
 * The models' task and channels are known only from the catalog, so that a fresh isolate waits for one after the other; however the
 * store hangs, for both together no longer than for one, and never past `untilMs`.
 */
export async function takeSnapshot(
  { catalogLoader, models, nowMs }: SnapshotSources,
  waitUntil: WaitUntil,
  untilMs?: number,
): Promise<Snapshot> {
  const startedMs = nowMs();
  const loaded = await catalogLoader.get(waitUntil, startedMs, untilMs);
  const catalog = loaded?.value ?? EMPTY_CATALOG;
  const ask = (task: string): Asked[] =>
    catalog.channels.map((channel) => [channel, models.loaderOf(task, channel).get(waitUntil, startedMs, untilMs)]);
  const clicks = ask(catalog.task);
  const conversions = catalog.conversionTask === null ? [] : ask(catalog.conversionTask); // all are asked before any is waited for
  const { version = null, sequence = -1 } = loaded ?? {};
  const loadedModels = { models: await collect(clicks), conversionModels: await collect(conversions) };
  return { catalog, catalogVersion: version, catalogSequence: sequence, ...loadedModels };
}

type Asked = readonly [Channel, ReturnType<ChannelLoader<EdgeModel>["get"]>];

async function collect(asked: readonly Asked[]): Promise<Map<Channel, Loaded<EdgeModel>>> {
  const found = new Map<Channel, Loaded<EdgeModel>>();
  for (const [channel, answer] of asked) {
    const model = await answer;
    if (model) found.set(channel, model);
  }
  return found;
}

// The loaders of all models that were asked for: made on demand, and bounded, because anybody may ask for any name.
import type { Channel } from "../../shared/artifact/manifest.ts";
import type { ChannelLoader } from "./channel-loader.ts";

/** Most loaders kept. Where one more is asked for, the one that goes is the longest unused, and rather one that never loaded anything. */
export const MAX_LOADERS = 32;

export interface Pooled<T> {
  readonly name: string;
  readonly channel: Channel;
  readonly loader: ChannelLoader<T>;
}

export interface LoaderPool<T> {
  /** The loader of a name's channel, made where there is none yet. */
  loaderOf(name: string, channel: Channel): ChannelLoader<T>;
  /** All of them, the longest unused first. */
  list(): readonly Pooled<T>[];
}

export function createLoaderPool<T>(createLoader: (name: string, channel: Channel) => ChannelLoader<T>): LoaderPool<T> {
  /** A map keeps the order of insertion; using a loader inserts it again. */
  const pooled = new Map<string, Pooled<T>>();
  return {
    loaderOf(name, channel) {
      const key = `${name}/${channel}`;
      const known = pooled.get(key);
      pooled.delete(key);
      if (!known && pooled.size >= MAX_LOADERS) pooled.delete(chooseVictim(pooled));
      const entry = known ?? { name, channel, loader: createLoader(name, channel) };
      pooled.set(key, entry);
      return entry.loader;
    },
    list: () => [...pooled.values()],
  };
}

function chooseVictim(pooled: ReadonlyMap<string, Pooled<unknown>>): string {
  const oldestFirst = [...pooled];
  const victim = oldestFirst.find(([, { loader }]) => loader.current === null) ?? oldestFirst[0];
  if (!victim) throw new Error("a full pool has a loader to give up");
  return victim[0];
}

// GET /v1/models: what this isolate has loaded, from which channel, and what went wrong with the rest.
import { Hono } from "hono/tiny";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import type { LoadedChannel } from "../../shared/schemas/models.ts";
import { type SnapshotSources, takeSnapshot, type WaitUntil } from "../catalog/snapshot.ts";
import type { ChannelLoader } from "../model/channel-loader.ts";

export function modelRoutes(sources: SnapshotSources) {
  return new Hono().get("/v1/models", async (context) => {
    const waitUntil: WaitUntil = (work) => context.executionCtx.waitUntil(work);
    await takeSnapshot(sources, waitUntil); // so that a fresh isolate has something to tell
    const loaded = sources.models.list().filter(({ loader }) => loader.current !== null);
    await Promise.all(loaded.map(({ loader }) => loader.get(waitUntil)));
    context.header("cache-control", "no-store");
    return context.json({ models: listChannels(sources) });
  });
}

/** The catalog first, then the models. */
export function listChannels({ catalogLoader, models }: SnapshotSources): LoadedChannel[] {
  return [
    { ...describe(catalogLoader), name: CATALOG_NAME, channel: "stable", metrics: null },
    ...models.list().map(({ name, channel, loader }) => {
      return { ...describe(loader), name, channel, metrics: loader.current?.value.manifest.metrics ?? null };
    }),
  ];
}

function describe({ current, lastFailure }: ChannelLoader<unknown>) {
  return {
    version: current?.version ?? null,
    sequence: current?.sequence ?? null,
    loadedMs: current?.loadedMs ?? null,
    lastFailure,
  };
}

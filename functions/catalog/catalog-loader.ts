// The catalog as a channel: loaded, verified and kept like a model, and indexed once.
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { type ChannelLoader, type ChannelLoaderOptions, createChannelLoader } from "../model/channel-loader.ts";
import { type CatalogIndex, indexCatalog } from "./catalog-index.ts";

/** There is one catalog, and it is always served from `stable`. */
export type CatalogLoaderOptions = Omit<ChannelLoaderOptions<CatalogIndex>, "name" | "channel" | "payloadType" | "build">;

/** @example const loader = createCatalogLoader({ reader, cache, publicKeys, ttlMs, firstLoadMs, nowMs }); */
export function createCatalogLoader(options: CatalogLoaderOptions): ChannelLoader<CatalogIndex> {
  return createChannelLoader({
    ...options,
    name: CATALOG_NAME,
    channel: "stable",
    payloadType: "application/vnd.selvedge.catalog+json",
    build: async (payload) => indexCatalog(payload),
  });
}

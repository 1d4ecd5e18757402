// The Cache API as a store of objects, shared by the isolates of one location. It may forget anything at any time.

/** Long enough that only eviction ends it: what is kept here is immutable, or only ever a floor (the last good pointer). */
const LIFETIME_SECONDS = 31_536_000;

export interface ObjectCache {
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/**
 * A cache that fails is a cache that has forgotten: the store is asked instead, so its errors are no one's failure.
 *
 * @param scope tells stores apart that share a cache: the endpoint and bucket
 * @example const cache = createObjectCache(caches.default, "https://s3.example/selvedge-artifacts");
 */
export function createObjectCache(cache: Pick<Cache, "match" | "put">, scope: string): ObjectCache {
  const urlOf = (key: string) => `https://selvedge.invalid/${encodeURIComponent(scope)}/${key}`;
  return {
    async get(key) {
      const found = cache.match(urlOf(key)).then((response) => response?.arrayBuffer());
      const bytes = await found.catch(() => undefined);
      return bytes ? new Uint8Array(bytes) : null;
    },
    async put(key, bytes) {
      const headers = { "cache-control": `public, max-age=${LIFETIME_SECONDS}, immutable` };
      const body = bytes as Uint8Array<ArrayBuffer>; // never shared memory: workers have none
      await cache.put(urlOf(key), new Response(body, { headers })).catch(() => undefined);
    },
  };
}

// One load, stage by stage: pointer -> document -> bytes -> value. Every stage verifies, and fails with a named reason.
import { importPublicKeys, openEnvelope, type PayloadType, sha256Hex, type TrustedKeys } from "../../shared/artifact/envelope.ts";
import { documentKey, objectKey, pointerKey } from "../../shared/artifact/keys.ts";
import { type Channel, type Pointer, versionOf } from "../../shared/artifact/manifest.ts";
import { openPointer, readImmutable } from "../../shared/artifact/read-published.ts";
import type { ObjectReader } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { inStage, LoadError } from "./load-failure.ts";
import type { ObjectCache } from "./object-cache.ts";

/** Bytes by their hash, verified. */
export type FetchObject = (sha256: string) => Promise<Uint8Array>;

export interface ChannelSource<T> {
  readonly reader: ObjectReader;
  readonly cache: ObjectCache;
  /** Base64 raw Ed25519 keys, separated by commas. */
  readonly publicKeys: string;
  readonly name: string;
  readonly channel: Channel;
  readonly payloadType: PayloadType;
  /** Turns a verified payload into what is served with. What it throws is a `LoadFailure` by its code, else `document_invalid`. */
  build(payload: unknown, fetchObject: FetchObject): Promise<T>;
}

export interface VerifiedPointer {
  readonly pointer: Pointer;
  readonly bytes: Uint8Array;
}

/** The pointer as the store has it now. */
export function fetchPointer({ reader, publicKeys, name, channel }: ChannelSource<unknown>): Promise<VerifiedPointer> {
  return inStage("pointer_invalid", async () => {
    const stored = await reader.get(pointerKey(name, channel));
    if (!stored) throw new LoadError("pointer_missing");
    const pointer = await openPointer(stored.bytes, await importPublicKeys(publicKeys), name, channel);
    return { pointer, bytes: stored.bytes };
  });
}

/** The last pointer that this location served from, or null where the cache has none, or one signed by a key that is no longer trusted. */
export async function recallPointer({
  cache,
  publicKeys,
  name,
  channel,
}: ChannelSource<unknown>): Promise<VerifiedPointer | null> {
  const bytes = await cache.get(pointerKey(name, channel));
  if (!bytes) return null;
  try {
    return { pointer: await openPointer(bytes, await importPublicKeys(publicKeys), name, channel), bytes };
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

export async function rememberPointer(
  { cache, name, channel }: ChannelSource<unknown>,
  { bytes }: VerifiedPointer,
): Promise<void> {
  await cache.put(pointerKey(name, channel), bytes);
}

/** What a pointer points to, built. `requireWanted` is asked right before: it throws where nobody wants the value any more. */
export async function loadTarget<T>(
  source: ChannelSource<T>,
  { name, digest }: Pointer,
  requireWanted: () => void,
): Promise<{ value: T; version: string }> {
  const bytes = await inStage("document_invalid", () => fetchImmutable(source, documentKey(name, digest), digest, "document"));
  const value = await inStage("document_invalid", async () => {
    const keys: TrustedKeys = await importPublicKeys(source.publicKeys);
    const payload = await openEnvelope(source.payloadType, bytes, keys);
    requireWanted();
    return source.build(payload, async (sha256) => {
      const weights = await fetchImmutable(source, objectKey(sha256), sha256, "weights");
      requireWanted();
      return weights;
    });
  });
  return { value, version: versionOf(digest) };
}

/** From the cache where it holds those very bytes, else from the store, and then kept. */
async function fetchImmutable(
  { reader, cache }: ChannelSource<unknown>,
  key: string,
  sha256: string,
  what: "document" | "weights",
): Promise<Uint8Array> {
  const cached = await cache.get(key);
  if (cached && (await sha256Hex(cached)) === sha256) return cached;
  const bytes = await readImmutable(reader, key, sha256, what);
  await cache.put(key, bytes);
  return bytes;
}

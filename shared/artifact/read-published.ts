// Reads what was published, trusting nothing: pointers by signature, immutable objects by hash.
import { CodedError } from "../schemas/coded-error.ts";
import { openEnvelope, type PayloadType, sha256Hex, type TrustedKeys } from "./envelope.ts";
import { documentKey, pointerKey } from "./keys.ts";
import { type Channel, type Pointer, parsePointer } from "./manifest.ts";
import type { ObjectReader } from "./store.ts";

/** A pointer, and the version of its object for a conditional write. */
export interface PointerState {
  readonly pointer: Pointer;
  readonly etag: string;
}

/**
 * The pointer of a channel, or null where nothing was published on it. Throws `CodedError`: a `StoreFailure`, those of
 * `openEnvelope`, those of `parsePointer`, `pointer_misplaced`.
 *
 * @example const state = await readPointer(store, keys, "ad-click", "stable");
 */
export async function readPointer(
  reader: ObjectReader,
  keys: TrustedKeys,
  name: string,
  channel: Channel,
): Promise<PointerState | null> {
  const stored = await reader.get(pointerKey(name, channel));
  return stored && { pointer: await openPointer(stored.bytes, keys, name, channel), etag: stored.etag };
}

/**
 * A pointer's bytes, verified. The name and channel are signed too, so that one channel's pointer is of no use as another's.
 *
 * @example const pointer = await openPointer(bytes, keys, "ad-click", "stable");
 */
export async function openPointer(bytes: Uint8Array, keys: TrustedKeys, name: string, channel: Channel): Promise<Pointer> {
  const pointer = parsePointer(await openEnvelope("application/vnd.selvedge.pointer+json", bytes, keys));
  if (pointer.name === name && pointer.channel === channel) return pointer;
  const detail = `expected the pointer of ${name}/${channel}, found that of ${pointer.name}/${pointer.channel}`;
  throw new CodedError("pointer_misplaced", pointerKey(name, channel), detail);
}

/**
 * The bytes of an immutable object, which hash to what names it. Throws `CodedError`: a `StoreFailure`, `{what}_missing`,
 * `{what}_hash_mismatch`.
 *
 * @example const weights = await readImmutable(store, objectKey(sha256), sha256, "weights");
 */
export async function readImmutable(
  reader: ObjectReader,
  key: string,
  sha256: string,
  what: "document" | "weights",
): Promise<Uint8Array> {
  const stored = await reader.get(key);
  if (!stored) throw new CodedError(`${what}_missing`, key, "nothing is stored there; publish the model again");
  const found = await sha256Hex(stored.bytes);
  if (found === sha256) return stored.bytes;
  const detail = `${stored.bytes.length} bytes with SHA-256 ${found}: damaged or cut off; delete the object and publish again`;
  throw new CodedError(`${what}_hash_mismatch`, key, detail);
}

/**
 * The payload of a signed document, by its digest. Throws what `readImmutable` and `openEnvelope` do.
 *
 * @example const catalog = await readDocument(store, keys, "application/vnd.selvedge.catalog+json", "catalog", pointer.digest);
 */
export async function readDocument(
  reader: ObjectReader,
  trusted: TrustedKeys,
  type: PayloadType,
  name: string,
  digest: string,
): Promise<unknown> {
  return openEnvelope(type, await readImmutable(reader, documentKey(name, digest), digest, "document"), trusted);
}

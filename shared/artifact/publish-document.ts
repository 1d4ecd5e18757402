// THE story of a publication: write, read back, verify, and only then move the pointer.
import { type PayloadType, type SigningKey, sha256Hex, signEnvelope, type TrustedKeys } from "./envelope.ts";
import { documentKey } from "./keys.ts";
import { type Channel, type Pointer, versionOf } from "./manifest.ts";
import { movePointer } from "./move-pointer.ts";
import { type PointerState, readDocument, readPointer } from "./read-published.ts";
import type { PublishedStore } from "./store.ts";

/** Where to publish, as whom. `nowMs` is stamped into the pointer. */
export interface DocumentPublisher {
  readonly store: PublishedStore;
  /** A key to sign with, and the keys by which what is read back, and what was published before, is trusted. */
  readonly keys: { readonly signing: SigningKey; readonly trusted: TrustedKeys };
  readonly channel: Channel;
  readonly nowMs: number;
  /** The pointer that the caller compared with; by default the one found when publication begins. Null: there was none. */
  readonly base?: PointerState | null;
}

export interface Published {
  readonly version: string;
  readonly pointer: Pointer;
}

/**
 * Publishes a signed document that stands alone (the catalog). The caller has parsed `payload` with its schema. Dying at any moment
 * before the pointer moves changes nothing that a reader sees; where the very same document is served already, it does not move.
 *
 * Throws `CodedError`: `pointer_moved` where another publisher was first, a `StoreFailure`, or what verification found.
 *
 * @example await publishDocument(publisher, "application/vnd.selvedge.catalog+json", CATALOG_NAME, catalog);
 */
export async function publishDocument(
  publisher: DocumentPublisher,
  type: PayloadType,
  name: string,
  payload: unknown,
): Promise<Published> {
  const base = await findBase(publisher, name);
  const digest = await writeDocument(publisher, type, name, payload);
  await readDocument(publisher.store, publisher.keys.trusted, type, name, digest);
  if (base?.pointer.digest === digest) return { version: versionOf(digest), pointer: base.pointer };
  return finishPublication(publisher, name, digest, base);
}

/** @example const base = await findBase(publisher, "ad-click"); */
export async function findBase({ store, keys, channel, base }: DocumentPublisher, name: string): Promise<PointerState | null> {
  return base === undefined ? readPointer(store, keys.trusted, name, channel) : base;
}

/** Answers the digest that names it. @example const digest = await writeDocument(publisher, type, "ad-click", manifest); */
export async function writeDocument(
  { store, keys }: DocumentPublisher,
  type: PayloadType,
  name: string,
  payload: unknown,
): Promise<string> {
  const bytes = await signEnvelope(type, payload, keys.signing);
  const digest = await sha256Hex(bytes);
  await writeImmutable(store, documentKey(name, digest), bytes);
  return digest;
}

/**
 * Where the key is taken, the same bytes are there already: reading back will tell.
 *
 * @example await writeImmutable(store, objectKey(sha256), weights);
 */
export async function writeImmutable(store: PublishedStore, key: string, bytes: Uint8Array): Promise<void> {
  await store.put(key, bytes, { ifNoneMatch: true });
}

/** The last step. @example return finishPublication(publisher, "ad-click", digest, base); */
export async function finishPublication(
  publisher: DocumentPublisher,
  name: string,
  digest: string,
  base: PointerState | null,
): Promise<Published> {
  const { store, keys, channel, nowMs } = publisher;
  const pointer = await movePointer({ store, keys, name, channel, base, digest, nowMs });
  return { version: versionOf(digest), pointer };
}

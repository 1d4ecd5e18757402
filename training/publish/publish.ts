// THE story of a publication: write objects, read them back, verify, and only then move the pointer.
import { type PayloadType, sha256Hex, signEnvelope } from "../../shared/artifact/envelope.ts";
import { documentKey, objectKey } from "../../shared/artifact/keys.ts";
import { type Channel, type Pointer, parseManifest, versionOf } from "../../shared/artifact/manifest.ts";
import { type PointerState, readPointer } from "../../shared/artifact/read-published.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { type ModelArtifact, verifyArtifact } from "./artifact.ts";
import type { KeyPair } from "./keys.ts";
import { movePointer } from "./move-pointer.ts";
import { readDocument, readModel } from "./read-model.ts";

/** Where to publish, as whom. `nowMs` is stamped into the pointer. */
export interface Publisher {
  readonly store: ObjectStore;
  readonly keys: KeyPair;
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
 * Publishes a model under its task's name. Dying at any moment before the pointer moves changes nothing that a reader sees.
 * Throws `CodedError`: `pointer_moved` where another publisher was first, a `StoreFailure`, or what verification found.
 *
 * @example await publishModel({ store, keys, channel: "stable", nowMs: Date.now() }, artifact);
 */
export async function publishModel(publisher: Publisher, artifact: ModelArtifact): Promise<Published> {
  const { store, keys } = publisher;
  const manifest = parseManifest(artifact.manifest);
  await verifyArtifact(artifact);
  const name = manifest.task;
  const base = await findBase(publisher, name);
  await writeImmutable(store, objectKey(manifest.files.weights.sha256), artifact.weights);
  const digest = await writeDocument(publisher, "application/vnd.selvedge.manifest+json", name, manifest);
  await readModel(store, keys.trusted, name, digest);
  return finish(publisher, name, digest, base);
}

/**
 * Publishes a signed document that stands alone (the catalog). The caller has parsed `payload` with its schema.
 *
 * @example await publishDocument(publisher, "application/vnd.selvedge.catalog+json", CATALOG_NAME, catalog);
 */
export async function publishDocument(
  publisher: Publisher,
  type: PayloadType,
  name: string,
  payload: unknown,
): Promise<Published> {
  const base = await findBase(publisher, name);
  const digest = await writeDocument(publisher, type, name, payload);
  await readDocument(publisher.store, publisher.keys.trusted, type, name, digest);
  return finish(publisher, name, digest, base);
}

async function findBase({ store, keys, channel, base }: Publisher, name: string): Promise<PointerState | null> {
  return base === undefined ? readPointer(store, keys.trusted, name, channel) : base;
}

async function writeDocument({ store, keys }: Publisher, type: PayloadType, name: string, payload: unknown): Promise<string> {
  const bytes = await signEnvelope(type, payload, keys.signing);
  const digest = await sha256Hex(bytes);
  await writeImmutable(store, documentKey(name, digest), bytes);
  return digest;
}

/** Where the key is taken, the same bytes are there already: reading back will tell. */
async function writeImmutable(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  await store.put(key, bytes, { ifNoneMatch: true });
}

async function finish(publisher: Publisher, name: string, digest: string, base: PointerState | null): Promise<Published> {
  const { store, keys, channel, nowMs } = publisher;
  const pointer = await movePointer({ store, keys, name, channel, base, digest, nowMs });
  return { version: versionOf(digest), pointer };
}

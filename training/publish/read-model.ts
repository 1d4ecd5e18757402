// Reads published models back: document by digest, weights by hash, everything verified.
import type { TrustedKeys } from "../../shared/artifact/envelope.ts";
import { documentPrefix, objectKey } from "../../shared/artifact/keys.ts";
import { type Channel, type Pointer, parseManifest } from "../../shared/artifact/manifest.ts";
import { readDocument, readImmutable, readPointer } from "../../shared/artifact/read-published.ts";
import type { ObjectReader, ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type ModelArtifact, verifyArtifact } from "./artifact.ts";

/** The model behind a digest, verified whole. */
export async function readModel(
  reader: ObjectReader,
  trusted: TrustedKeys,
  task: string,
  digest: string,
): Promise<ModelArtifact> {
  const manifest = parseManifest(await readDocument(reader, trusted, "application/vnd.selvedge.manifest+json", task, digest));
  if (manifest.task !== task)
    throw new CodedError("manifest_misplaced", "manifest.task", `expected ${task}, found ${manifest.task}`);
  const { sha256 } = manifest.files.weights;
  const artifact = { manifest, weights: await readImmutable(reader, objectKey(sha256), sha256, "weights") };
  await verifyArtifact(artifact);
  return artifact;
}

/** What a channel serves now, verified whole, or null where nothing was published on it. */
export async function readPublishedModel(
  reader: ObjectReader,
  trusted: TrustedKeys,
  task: string,
  channel: Channel,
): Promise<{ readonly pointer: Pointer; readonly etag: string; readonly artifact: ModelArtifact } | null> {
  const state = await readPointer(reader, trusted, task, channel);
  return state && { ...state, artifact: await readModel(reader, trusted, task, state.pointer.digest) };
}

/** Digests of every document that was ever published under a name, in order of digest. */
export async function listDigests(store: ObjectStore, name: string): Promise<string[]> {
  const keys = await store.list(documentPrefix(name));
  return keys.map((key) => key.slice(documentPrefix(name).length).replace(/\.json$/, ""));
}

// Publishes a model: its weights, then its manifest, as `shared/artifact/publish-document.ts` tells the story.
import { objectKey } from "../../shared/artifact/keys.ts";
import { parseManifest } from "../../shared/artifact/manifest.ts";
import {
  type DocumentPublisher,
  findBase,
  finishPublication,
  type Published,
  writeDocument,
  writeImmutable,
} from "../../shared/artifact/publish-document.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { type ModelArtifact, verifyArtifact } from "./artifact.ts";
import { readModel } from "./read-model.ts";

/** A publisher whose store can also be listed. */
export interface Publisher extends DocumentPublisher {
  readonly store: ObjectStore;
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
  return finishPublication(publisher, name, digest, base);
}

// Rolls a channel back: a new pointer, with the next sequence, to an older document that is still whole.
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { versionOf } from "../../shared/artifact/manifest.ts";
import { movePointer } from "../../shared/artifact/move-pointer.ts";
import type { Published } from "../../shared/artifact/publish-document.ts";
import { readDocument, readPointer } from "../../shared/artifact/read-published.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Publisher } from "./publish.ts";
import { listDigests, readModel } from "./read-model.ts";

/**
 * Points a channel at the published version that begins with `version`. Throws `CodedError`: `version_unknown`,
 * `version_ambiguous`, `version_current`, `pointer_moved`, or what verification of that version found.
 *
 * @example await rollback({ store, keys, channel: "stable", nowMs: Date.now() }, "ad-click", "4f2d09c1aa73");
 */
export async function rollback({ store, keys, channel, nowMs }: Publisher, name: string, version: string): Promise<Published> {
  const base = await readPointer(store, keys.trusted, name, channel);
  const digest = await findDigest(store, name, version);
  if (digest === base?.pointer.digest) {
    throw new CodedError("version_current", "to", `${name}/${channel} serves ${versionOf(digest)} already`);
  }
  if (name === CATALOG_NAME) await readDocument(store, keys.trusted, "application/vnd.selvedge.catalog+json", name, digest);
  else await readModel(store, keys.trusted, name, digest);
  const pointer = await movePointer({ store, keys, name, channel, base, digest, nowMs });
  return { version: versionOf(digest), pointer };
}

async function findDigest(store: ObjectStore, name: string, version: string): Promise<string> {
  const [digest, ...others] = (await listDigests(store, name)).filter((candidate) => candidate.startsWith(version));
  const next = `list them with: npm run artifact -- list ${name}`;
  if (digest === undefined)
    throw new CodedError("version_unknown", "to", `no version of ${name} begins with "${version}"; ${next}`);
  if (others.length > 0) throw new CodedError("version_ambiguous", "to", `several versions begin with "${version}"; ${next}`);
  return digest;
}

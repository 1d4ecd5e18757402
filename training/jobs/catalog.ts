// Reads and replaces the catalog that the Worker serves from: signed, and never over a change that one has not seen.
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { type Published, publishDocument } from "../../shared/artifact/publish-document.ts";
import { type PointerState, readDocument, readPointer } from "../../shared/artifact/read-published.ts";
import type { Catalog } from "../../shared/catalog/catalog.ts";
import { parseCatalog } from "../../shared/catalog/check-catalog.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Publisher } from "../publish/publish.ts";

const TYPE = "application/vnd.selvedge.catalog+json";

/** The catalog that is served now, and its pointer; null where none was ever published. */
export async function readCatalog({
  store,
  keys,
  channel,
}: Publisher): Promise<{ catalog: Catalog; state: PointerState } | null> {
  const state = await readPointer(store, keys.trusted, CATALOG_NAME, channel);
  if (!state) return null;
  const document = await readDocument(store, keys.trusted, TYPE, CATALOG_NAME, state.pointer.digest);
  return { catalog: parseCatalog(document), state };
}

/**
 * Publishes a catalog, one of an older format as one of this; a running Worker takes it up within its pointer's lifetime. Throws
 * `CodedError`: the codes of `parseCatalog`, and those of `publishDocument`.
 */
export async function publishCatalog(publisher: Publisher, document: unknown): Promise<Published> {
  return publishDocument(publisher, TYPE, CATALOG_NAME, parseCatalog(document));
}

/** The same catalog under another policy. Throws `CodedError` `catalog_missing`, or `pointer_moved` where it changed meanwhile. */
export async function changePolicy(publisher: Publisher, policy: Policy): Promise<Published> {
  const current = await readCatalog(publisher);
  if (!current) throw catalogMissing();
  return publishCatalog({ ...publisher, base: current.state }, { ...current.catalog, policy });
}

export const catalogMissing = (): CodedError =>
  new CodedError("catalog_missing", "", "no catalog is published there; run npm start, or publish one from a file");

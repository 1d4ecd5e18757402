// Publishes the edited catalog: compiled, checked whole, signed, written, read back, and only then pointed to.
import { importPublicKeys } from "../../shared/artifact/envelope.ts";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { publishDocument } from "../../shared/artifact/publish-document.ts";
import { readPointer } from "../../shared/artifact/read-published.ts";
import { importSigningKey } from "../../shared/artifact/signing-key.ts";
import type { PublishedStore } from "../../shared/artifact/store.ts";
import { parseCatalog } from "../../shared/catalog/check-catalog.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { logPublication } from "./audit-log.ts";
import type { Editor } from "./entity-table.ts";
import { assembleCatalog, readWhole } from "./whole-catalog.ts";

export interface CatalogPublisher {
  readonly db: D1Database;
  readonly store: PublishedStore;
  /** PKCS #8; empty where this Worker publishes nothing. */
  readonly signingKey: string;
  readonly publicKeys: string;
}

/** `revision` of the catalog that was published; `changed` is false where that very content was served already. */
export interface PublishedCatalog {
  readonly version: string;
  readonly sequence: number;
  readonly revision: number;
  readonly changed: boolean;
}

/**
 * The pointer is read before the rows, so that whoever publishes older rows later finds it moved. What is read back is trusted by the
 * keys that the edge trusts: a key that it does not know is found before anything points to what it signed.
 *
 * Throws `CodedError`: `admin_unavailable`, `settings_missing`, those of `parseCatalog` and of `publishDocument`; what was served is served on then.
 */
export async function publishCatalog(
  { db, store, signingKey, publicKeys }: CatalogPublisher,
  editor: Editor,
): Promise<PublishedCatalog> {
  if (signingKey === "")
    throw new CodedError("admin_unavailable", "env.SIGNING_KEY", "this Worker has no key to sign with; set the secret");
  const { signing } = await importSigningKey(signingKey, "env.SIGNING_KEY");
  const keys = { signing, trusted: await importPublicKeys(publicKeys) };
  const base = await readPointer(store, keys.trusted, CATALOG_NAME, "stable");
  const whole = await readWhole(db);
  const catalog = parseCatalog(assembleCatalog(whole));
  const publisher = { store, keys, channel: "stable" as const, nowMs: editor.timeMs, base };
  const { version, pointer } = await publishDocument(publisher, "application/vnd.selvedge.catalog+json", CATALOG_NAME, catalog);
  const { sequence } = pointer;
  const changed = sequence !== base?.pointer.sequence;
  if (changed) await logPublication(db, editor, { version, sequence, revision: whole.revision });
  return { version, sequence, revision: whole.revision, changed };
}

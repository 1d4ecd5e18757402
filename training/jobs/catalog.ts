// Reads and replaces the catalog that the Worker serves from: signed, and never over a change that one has not seen.

import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { type Published, publishDocument } from "../../shared/artifact/publish-document.ts";
import { type PointerState, readDocument, readPointer } from "../../shared/artifact/read-published.ts";
import { Catalog, type Policy } from "../../shared/schemas/catalog.ts";
import { CodedError, type Problem, parse } from "../../shared/schemas/coded-error.ts";
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
  return { catalog: parse(Catalog, document, "catalog"), state };
}

/**
 * Publishes a catalog; a running Worker takes it up within its pointer's lifetime. Throws `CodedError`: the schema's codes,
 * `id_duplicate`, `campaign_unknown`, and those of `publishDocument`.
 */
export async function publishCatalog(publisher: Publisher, document: unknown): Promise<Published> {
  const catalog = parse(Catalog, document, "catalog");
  const problems = [
    ...(["campaigns", "creatives", "placements", "experiments"] as const).flatMap((part) => findDuplicates(catalog, part)),
    ...findOrphans(catalog),
  ];
  const [first] = problems;
  if (first) throw new CodedError(first.code, first.path, first.detail, problems);
  return publishDocument(publisher, TYPE, CATALOG_NAME, catalog);
}

/** The same catalog under another policy. Throws `CodedError` `catalog_missing`, or `pointer_moved` where it changed meanwhile. */
export async function changePolicy(publisher: Publisher, policy: Policy): Promise<Published> {
  const current = await readCatalog(publisher);
  if (!current) throw catalogMissing();
  return publishCatalog({ ...publisher, base: current.state }, { ...current.catalog, policy });
}

export const catalogMissing = (): CodedError =>
  new CodedError("catalog_missing", "", "no catalog is published there; run npm start, or publish one from a file");

type Part = "campaigns" | "creatives" | "placements" | "experiments";

function findDuplicates(catalog: Catalog, part: Part): Problem[] {
  const seen = new Set<string>();
  return catalog[part].flatMap(({ id }, index) => {
    const duplicate = seen.has(id);
    seen.add(id);
    return duplicate ? [{ code: "id_duplicate", path: `catalog.${part}[${index}].id`, detail: `"${id}" is there twice` }] : [];
  });
}

/** Creatives of no campaign: the Worker would refuse the whole catalog. */
function findOrphans({ campaigns, creatives }: Catalog): Problem[] {
  const known = new Set(campaigns.map(({ id }) => id));
  return creatives.flatMap(({ campaignId }, index) =>
    known.has(campaignId)
      ? []
      : [{ code: "campaign_unknown", path: `catalog.creatives[${index}].campaignId`, detail: `add a campaign "${campaignId}"` }],
  );
}

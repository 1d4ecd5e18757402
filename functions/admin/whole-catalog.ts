// The catalog as one document: read from all rows at once, and replaced in one transaction by what differs.
import { CATALOG_VERSION, type Catalog } from "../../shared/catalog/catalog.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Entity, KINDS, parentIdOf, parentKindOf, type RowKind, SETTINGS } from "./entities.ts";
import type { Editor } from "./entity-table.ts";

interface Row {
  readonly kind: RowKind;
  readonly id: string;
  /** JSON; null where the row is to go. */
  readonly document: string | null;
}

/** All rows of one moment. `revision` is that of the newest change of any of them, 0 where there never was one. */
export interface WholeCatalog {
  readonly revision: number;
  /** The newest line of the log, publications included: the next one has the id after it. */
  readonly newestLine: number;
  readonly rows: readonly Row[];
}

export async function readWhole(db: D1Database): Promise<WholeCatalog> {
  const [changes, lines, rows] = await db.batch<{ id: number } & Row>([
    db.prepare("SELECT id FROM audit WHERE action <> 'publish' ORDER BY id DESC LIMIT 1"),
    db.prepare("SELECT id FROM audit ORDER BY id DESC LIMIT 1"),
    db.prepare("SELECT kind, id, document FROM entity ORDER BY kind, id"),
  ]);
  return { revision: changes?.results[0]?.id ?? 0, newestLine: lines?.results[0]?.id ?? 0, rows: rows?.results ?? [] };
}

/**
 * The rows as a catalog's document, each list in order of id. It is not checked: what contradicts itself can be read, and repaired, too.
 * Throws `CodedError` `settings_missing`.
 */
export function assembleCatalog({ rows }: WholeCatalog): unknown {
  const of = (kind: RowKind) => rows.flatMap((row) => (row.kind === kind ? [JSON.parse(row.document ?? "null") as Entity] : []));
  const [settings] = of(SETTINGS.kind);
  if (!settings)
    throw new CodedError("settings_missing", "settings", "the catalog has no settings yet; PUT /admin/v1/settings first");
  return { formatVersion: CATALOG_VERSION, ...settings, ...Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) };
}

/** What an import came to: how many entities it wrote and deleted, and the revision of the whole from then on. */
export interface Imported {
  readonly revision: number;
  readonly written: number;
  readonly deleted: number;
}

/**
 * Makes the rows those of a catalog, in one transaction. What is the same already keeps its revision. Throws `CodedError`
 * `revision_conflict` where somebody changed anything since `current` was read.
 */
export async function replaceWhole(db: D1Database, editor: Editor, catalog: Catalog, current: WholeCatalog): Promise<Imported> {
  const { written, deleted } = compareRows(current.rows, toRows(catalog));
  const counts = { written: written.length, deleted: deleted.length };
  if (written.length + deleted.length === 0) return { revision: current.revision, ...counts };
  const statements = [
    claimLine(db, editor, current.newestLine + 1, counts),
    ...inPieces(written).flatMap((piece) => [logImport(db, editor, piece), upsert(db, editor, piece)]),
    ...inPieces(deleted.toReversed()).flatMap((piece) => [logImport(db, editor, piece), remove(db, piece)]),
  ];
  try {
    await db.batch(statements);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("UNIQUE constraint failed: audit.id"))) throw error;
    const detail = "somebody changed the catalog meanwhile; nothing was imported: export it again and look at what is new";
    throw new CodedError("revision_conflict", "", detail, undefined, { cause: error });
  }
  return { revision: (await readWhole(db)).revision, ...counts };
}

/** In the order of `KINDS`: parents first. */
function toRows(catalog: Catalog): Row[] {
  const { formatVersion: _, sites, placements, advertisers, campaigns, flights, creatives, experiments, ...settings } = catalog;
  const lists = { sites, placements, advertisers, campaigns, flights, creatives, experiments };
  return [
    { ...SETTINGS, document: JSON.stringify(settings) },
    ...KINDS.flatMap((kind) => lists[kind].map((entity) => ({ kind, id: entity.id, document: JSON.stringify(entity) }))),
  ];
}

function compareRows(before: readonly Row[], after: readonly Row[]): { written: Row[]; deleted: Row[] } {
  const keyOf = ({ kind, id }: Row) => `${kind}/${id}`;
  const documents = new Map(before.map((row) => [keyOf(row), row.document]));
  const kept = new Set(after.map(keyOf));
  const order = (kind: RowKind) => (kind === SETTINGS.kind ? -1 : KINDS.indexOf(kind));
  const gone = before.filter((row) => !kept.has(keyOf(row))).map((row) => ({ ...row, document: null }));
  return {
    written: after.filter((row) => documents.get(keyOf(row)) !== row.document),
    deleted: gone.sort((a, b) => order(a.kind) - order(b.kind)),
  };
}

/**
 * The import's own line takes the id that comes next. Two that were made for the same catalog want the same id, and the second one's
 * whole transaction fails: D1 has no transaction that could look first.
 */
function claimLine(db: D1Database, { actor, timeMs }: Editor, id: number, counts: object): D1PreparedStatement {
  const insert = db.prepare("INSERT INTO audit (id, time_ms, actor, action, after_document) VALUES (?1, ?2, ?3, 'import', ?4)");
  return insert.bind(id, timeMs, actor, JSON.stringify(counts));
}

/** Text of one statement's rows. D1 takes 2 MB, and each quote of a document is escaped once more. */
const PIECE_CHARACTERS = 400_000;

function inPieces(rows: readonly Row[]): string[] {
  const pieces: string[] = [];
  let piece: object[] = [];
  let characters = 0;
  for (const row of rows) {
    const parentId = row.document === null ? null : parentIdOf(row.kind, JSON.parse(row.document));
    piece.push({ ...row, parentKind: parentKindOf(row.kind), parentId });
    characters += row.document?.length ?? row.id.length;
    if (characters < PIECE_CHARACTERS) continue;
    pieces.push(JSON.stringify(piece));
    piece = [];
    characters = 0;
  }
  return piece.length === 0 ? pieces : [...pieces, JSON.stringify(piece)];
}

const logImport = (db: D1Database, { actor, timeMs }: Editor, piece: string) =>
  db
    .prepare(
      `INSERT INTO audit (time_ms, actor, action, kind, entity_id, before_document, after_document)
        SELECT ?1, ?2, 'import', piece.value ->> 'kind', piece.value ->> 'id', entity.document, piece.value ->> 'document'
        FROM json_each(?3) AS piece
        LEFT JOIN entity ON entity.kind = piece.value ->> 'kind' AND entity.id = piece.value ->> 'id'`,
    )
    .bind(timeMs, actor, piece);

const upsert = (db: D1Database, { timeMs }: Editor, piece: string) =>
  db
    .prepare(
      `INSERT INTO entity (kind, id, parent_kind, parent_id, document, revision, updated_ms)
        SELECT value ->> 'kind', value ->> 'id', value ->> 'parentKind', value ->> 'parentId', value ->> 'document',
          (SELECT max(audit.id) FROM audit WHERE audit.kind = value ->> 'kind' AND audit.entity_id = value ->> 'id'), ?1
        FROM json_each(?2) WHERE true
        ON CONFLICT (kind, id) DO UPDATE SET parent_id = excluded.parent_id, document = excluded.document,
          revision = excluded.revision, updated_ms = excluded.updated_ms`,
    )
    .bind(timeMs, piece);

const remove = (db: D1Database, piece: string) =>
  db.prepare("DELETE FROM entity WHERE (kind, id) IN (SELECT value ->> 'kind', value ->> 'id' FROM json_each(?1))").bind(piece);

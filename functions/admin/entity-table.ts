// Entities in D1: each change is one transaction with its line in the audit log, and happens only on top of the revision it was made for.
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { ENTITIES, isKind, parentIdOf, parentKindOf, type RowKind } from "./entities.ts";

/** Who changes something, and when. */
export interface Editor {
  readonly actor: string;
  readonly timeMs: number;
}

/** `revision` is the id of the edit that wrote it; it only ever rises, and is never used for anything else. */
export interface StoredEntity {
  readonly id: string;
  readonly revision: number;
  readonly updatedMs: number;
  readonly document: unknown;
}

export interface Page {
  readonly items: readonly StoredEntity[];
  /** What `after` is for the next page; null where this is the last. */
  readonly next: string | null;
}

type Document = Readonly<Record<string, unknown>>;

const COLUMNS = "id, revision, updated_ms AS updatedMs, document";
type Row = Omit<StoredEntity, "document"> & { readonly document: string };
const toEntity = (row: Row): StoredEntity => ({ ...row, document: JSON.parse(row.document) });

export async function readEntity(db: D1Database, kind: RowKind, id: string): Promise<StoredEntity | null> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM entity WHERE kind = ?1 AND id = ?2`).bind(kind, id).first<Row>();
  return row && toEntity(row);
}

/** In order of id, from the first behind `after`; of one parent alone where `parentId` is given. */
export async function listEntities(
  db: D1Database,
  kind: RowKind,
  { after, parentId, limit }: { readonly after: string; readonly parentId: string | null; readonly limit: number },
): Promise<Page> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM entity WHERE kind = ?1 AND id > ?2 AND (?3 IS NULL OR parent_id = ?3) ORDER BY id LIMIT ?4`)
    .bind(kind, after, parentId, limit + 1)
    .all<Row>();
  const items = results.slice(0, limit).map(toEntity);
  return { items, next: results.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** A line of the log about the row as it is; of a row that is not there (any more) at that revision, none. */
const LOG_CHANGE = `INSERT INTO audit (time_ms, actor, action, kind, entity_id, before_document, after_document)
  SELECT ?1, ?2, ?3, kind, id, document, ?4 FROM entity WHERE kind = ?5 AND id = ?6 AND revision = ?7`;
const LOG_CREATION = `INSERT INTO audit (time_ms, actor, action, kind, entity_id, after_document)
  SELECT ?1, ?2, 'create', ?4, ?5, ?3 WHERE NOT EXISTS (SELECT 1 FROM entity WHERE kind = ?4 AND id = ?5)`;
const NEWEST_EDIT = "(SELECT max(id) FROM audit)";

/** Answers the new revision, or null where one of that id is there already. Throws `CodedError`: the code of a parent that is unknown. */
export async function createEntity(
  db: D1Database,
  { actor, timeMs }: Editor,
  kind: RowKind,
  id: string,
  document: Document,
): Promise<number | null> {
  const text = JSON.stringify(document);
  return writeRow(db, kind, document, [
    db.prepare(LOG_CREATION).bind(timeMs, actor, text, kind, id),
    db
      .prepare(
        `INSERT INTO entity (kind, id, parent_kind, parent_id, document, revision, updated_ms)
          VALUES (?1, ?2, ?3, ?4, ?5, ${NEWEST_EDIT}, ?6) ON CONFLICT DO NOTHING RETURNING revision`,
      )
      .bind(kind, id, parentKindOf(kind), parentIdOf(kind, document), text, timeMs),
  ]);
}

/** Answers the new revision, or null where `revision` is not the current one any more. Throws as `createEntity`. */
export async function replaceEntity(
  db: D1Database,
  { actor, timeMs }: Editor,
  kind: RowKind,
  id: string,
  document: Document,
  revision: number,
): Promise<number | null> {
  const text = JSON.stringify(document);
  return writeRow(db, kind, document, [
    db.prepare(LOG_CHANGE).bind(timeMs, actor, "replace", text, kind, id, revision),
    db
      .prepare(
        `UPDATE entity SET parent_id = ?4, document = ?5, revision = ${NEWEST_EDIT}, updated_ms = ?6
          WHERE kind = ?1 AND id = ?2 AND revision = ?3 RETURNING revision`,
      )
      .bind(kind, id, revision, parentIdOf(kind, document), text, timeMs),
  ]);
}

async function writeRow(
  db: D1Database,
  kind: RowKind,
  document: Document,
  statements: D1PreparedStatement[],
): Promise<number | null> {
  try {
    const results = await db.batch<{ revision: number }>(statements);
    return results.at(-1)?.results[0]?.revision ?? null;
  } catch (error) {
    const parent = isKind(kind) ? ENTITIES[kind].parent : null;
    if (!isForeignKeyFailure(error) || !parent) throw error;
    const detail = `there is no "${document[parent.field]}" in ${parent.of}; add it first, or name another`;
    throw new CodedError(parent.code, parent.field, detail, undefined, { cause: error });
  }
}

/** Answers whether it was there at that revision. Throws `CodedError` `entity_in_use` where others are a part of it. */
export async function deleteEntity(
  db: D1Database,
  { actor, timeMs }: Editor,
  kind: RowKind,
  id: string,
  revision: number,
): Promise<boolean> {
  try {
    const results = await db.batch([
      db.prepare(LOG_CHANGE).bind(timeMs, actor, "delete", null, kind, id, revision),
      db.prepare("DELETE FROM entity WHERE kind = ?1 AND id = ?2 AND revision = ?3 RETURNING id").bind(kind, id, revision),
    ]);
    return results.at(-1)?.results.length === 1;
  } catch (error) {
    if (!isForeignKeyFailure(error)) throw error;
    const detail = `others are a part of "${id}"; delete or move them first, or pause it`;
    throw new CodedError("entity_in_use", "id", detail, undefined, { cause: error });
  }
}

/** D1 tells its errors apart by their text alone. */
const isForeignKeyFailure = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("FOREIGN KEY constraint");

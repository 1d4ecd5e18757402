// The audit log: who changed what, when, from what to what. Lines are added by the changes themselves and never change.
import type { Editor } from "./entity-table.ts";

/** `before` and `after` are the entity's JSON, null where there was or is none; of an import and a publication, what it came to. */
export interface AuditLine {
  readonly revision: number;
  readonly timeMs: number;
  readonly actor: string;
  readonly action: string;
  readonly kind: string | null;
  readonly id: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

export interface AuditFilter {
  readonly kind: string | null;
  readonly id: string | null;
  /** Lines older than that of this revision. */
  readonly before: number | null;
  readonly limit: number;
}

interface AuditPage {
  readonly items: readonly AuditLine[];
  /** What `before` is for the next page; null where this is the last. */
  readonly next: number | null;
}

const COLUMNS =
  "id AS revision, time_ms AS timeMs, actor, action, kind, entity_id AS id, before_document AS before, after_document AS after";

/** The newest first. */
export async function listAudit(db: D1Database, { kind, id, before, limit }: AuditFilter): Promise<AuditPage> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM audit WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR entity_id = ?2) AND (?3 IS NULL OR audit.id < ?3)
        ORDER BY audit.id DESC LIMIT ?4`,
    )
    .bind(kind, id, before, limit + 1)
    .all<AuditLine & { readonly before: string | null; readonly after: string | null }>();
  const items = results
    .slice(0, limit)
    .map((row) => ({ ...row, before: parseDocument(row.before), after: parseDocument(row.after) }));
  return { items, next: results.length > limit ? (items.at(-1)?.revision ?? null) : null };
}

const parseDocument = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

export async function logPublication(db: D1Database, { actor, timeMs }: Editor, published: object): Promise<void> {
  const insert = db.prepare("INSERT INTO audit (time_ms, actor, action, after_document) VALUES (?1, ?2, 'publish', ?3)");
  await insert.bind(timeMs, actor, JSON.stringify(published)).run();
}

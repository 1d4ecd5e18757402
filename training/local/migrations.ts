// Applies the catalog's migrations to the embedded database, as `wrangler d1 migrations apply` does, and records them in the same table.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Miniflare } from "miniflare";

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

const FOLDER = fileURLToPath(new URL("../../functions/admin/migrations", import.meta.url));

/** wrangler's own table. */
const CREATE_RECORD = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Those that are not recorded yet, each in one transaction with its record. */
export async function applyMigrations(database: Database): Promise<void> {
  const { unstable_splitSqlQuery: splitStatements } = await import("wrangler"); // 2 s cold: loaded with the Worker already
  await database.prepare(CREATE_RECORD).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql") && !applied.has(name));
  for (const name of files.sort()) {
    const statements = splitStatements(await readFile(join(FOLDER, name), "utf8"));
    const record = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    await database.batch([...statements.map((statement) => database.prepare(statement)), record]);
  }
}

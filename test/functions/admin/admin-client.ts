// Asks the real Worker's admin API, over the real D1 of the test's workerd.
import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { ProblemDocument } from "../../../functions/routes/problem.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";

/** What the test's configuration binds, beside wrangler.toml's. */
interface AdminEnvironment {
  readonly CATALOG_DB: D1Database;
  readonly CATALOG_MIGRATIONS: D1Migration[];
}
const { CATALOG_DB, CATALOG_MIGRATIONS } = env as unknown as AdminEnvironment; // the runtime's type knows no bindings
export const db = CATALOG_DB;

/** The tables, and nothing in them but the log, which cannot be emptied. */
export async function emptyCatalog(): Promise<void> {
  await applyD1Migrations(db, CATALOG_MIGRATIONS);
  await db.prepare("DELETE FROM entity").run();
}

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ask(method: string, path: string, { body, headers = {} }: Asked = {}): Promise<Response> {
  const all = { authorization: "Bearer local-admin", "content-type": "application/json", ...headers };
  const init = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  return exports.default.fetch(`http://edge.test/admin/v1${path}`, { method, headers: all, ...init });
}

export const create = (path: string, body: unknown) => ask("PUT", path, { body, headers: { "if-none-match": "*" } });
export const replace = (path: string, etag: string, body: unknown) => ask("PUT", path, { body, headers: { "if-match": etag } });
export const remove = (path: string, etag: string) => ask("DELETE", path, { headers: { "if-match": etag } });
export const etagOf = (response: Response): string => response.headers.get("etag") ?? "";

/** `412 revision_conflict if-match` of an answer that is a problem; its status alone of another. */
export async function outcomeOf(response: Response | Promise<Response>): Promise<string> {
  const answer = await response;
  if (answer.headers.get("content-type") !== "application/problem+json") return `${answer.status}`;
  const { status, code, path } = parse(ProblemDocument, await answer.json());
  return `${status} ${code} ${path}`.trim();
}

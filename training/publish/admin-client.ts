// The admin API of a Worker, as a client: the catalog as it is edited, replaced on top of what was seen, and published.
import * as v from "valibot";
import { Catalog } from "../../shared/catalog/catalog.ts";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { int } from "../../shared/schemas/numbers.ts";
import { WebUrl } from "../../shared/schemas/web-url.ts";
import { LOCAL_STORE_PATH, type StoreConfig } from "./store-config.ts";

export interface AdminConfig {
  readonly origin: string;
  readonly key: string;
}

/** The key of local development, whose hash stands in wrangler.toml. It guards nothing: the Worker listens on loopback only. */
export const LOCAL_ADMIN_KEY = "local-admin";

const text = v.pipe(v.string(), v.minLength(1));

/** Where the catalog is edited: beside the embedded store, whatever its port, or what the environment says. */
export function readAdminConfig(
  { endpoint }: Pick<StoreConfig, "endpoint">,
  env: Readonly<Record<string, string | undefined>> = process.env,
): AdminConfig {
  const isLocal = endpoint.endsWith(LOCAL_STORE_PATH);
  const Environment = v.object({
    SELVEDGE_ADMIN_ORIGIN: isLocal ? v.optional(WebUrl, endpoint.slice(0, -LOCAL_STORE_PATH.length)) : WebUrl,
    SELVEDGE_ADMIN_KEY: isLocal ? v.optional(text, LOCAL_ADMIN_KEY) : text,
  });
  const { SELVEDGE_ADMIN_ORIGIN, SELVEDGE_ADMIN_KEY } = parse(Environment, env);
  return { origin: SELVEDGE_ADMIN_ORIGIN.replace(/\/$/, ""), key: SELVEDGE_ADMIN_KEY };
}

/** `catalog` is null where nothing was ever edited, and may contradict itself until it is published; `etag` stands for the revision of the whole. */
export interface EditedCatalog {
  readonly catalog: Catalog | null;
  readonly etag: string;
}

const Publication = v.object({ version: v.string(), sequence: int, changed: v.boolean() });
export type Publication = v.InferOutput<typeof Publication>;

const Replayed = v.object({ event: v.unknown(), explanations: v.array(v.unknown()) });
export type Replayed = v.InferOutput<typeof Replayed>;

export interface AdminClient {
  exportCatalog(): Promise<EditedCatalog>;
  /** Throws `CodedError` `revision_conflict` where somebody changed it since. */
  importCatalog(catalog: unknown, etag: string): Promise<void>;
  publish(): Promise<Publication>;
  /** Makes a decision again: `record` as it was logged, `digests` of the documents that it names. */
  replay(request: { readonly record: unknown; readonly digests: unknown }): Promise<Replayed>;
}

/**
 * Throws `CodedError`: `admin_unreachable`, or what the Worker answers.
 *
 * @example const client = createAdminClient({ origin: "http://localhost:8787", key: "local-admin" });
 */
export function createAdminClient({ origin, key }: AdminConfig): AdminClient {
  const ask = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...init.headers };
    const response = await fetch(`${origin}/admin/v1${path}`, { ...init, method, headers }).catch((cause: unknown) => {
      const detail = "no answer; is it running (npm start)? is SELVEDGE_ADMIN_ORIGIN right?";
      throw new CodedError("admin_unreachable", origin, detail, undefined, { cause });
    });
    if (response.ok) return response;
    throw await asError(response);
  };
  return {
    async exportCatalog() {
      try {
        const response = await ask("GET", "/export");
        return { catalog: parse(Catalog, await response.json(), "catalog"), etag: response.headers.get("etag") ?? "" };
      } catch (error) {
        if (error instanceof RefusedError && error.code === "settings_missing") return { catalog: null, etag: error.etag };
        throw error;
      }
    },
    async importCatalog(catalog, etag) {
      await ask("POST", "/import", { body: JSON.stringify(catalog), headers: { "if-match": etag } });
    },
    async replay(request) {
      return parse(Replayed, await (await ask("POST", "/replays", { body: JSON.stringify(request) })).json());
    },
    async publish() {
      return parse(Publication, await (await ask("POST", "/publish")).json());
    },
  };
}

/** A refusal of the Worker; `etag` is empty where the answer had none. */
class RefusedError extends CodedError {
  readonly etag: string;

  constructor({ code, path, detail, problems }: Refusal, etag: string) {
    super(code, path, detail, problems);
    this.etag = etag;
  }
}

const Problem = v.object({ code: v.string(), path: v.string(), detail: v.string() });
const Refusal = v.object({ ...Problem.entries, problems: v.optional(v.array(Problem)) });
type Refusal = v.InferOutput<typeof Refusal>;

async function asError(response: Response): Promise<CodedError> {
  const body = v.safeParse(Refusal, await response.json().catch(() => null));
  if (body.success) return new RefusedError(body.output, response.headers.get("etag") ?? "");
  const detail = `the answer was ${response.status}, and not one of an admin API; is SELVEDGE_ADMIN_ORIGIN right?`;
  return new CodedError("admin_unreachable", response.url, detail);
}

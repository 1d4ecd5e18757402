// Where the store is and who we are there, from the environment; the defaults are those of the embedded store.
import { join } from "node:path";
import * as v from "valibot";
import { parse } from "../../shared/schemas/coded-error.ts";
import { WebUrl } from "../../shared/schemas/web-url.ts";

export interface StoreCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * `credentials` are null where the AWS SDK should find them itself (a role, a profile). The private key is PEM text where the
 * environment carries it (a secret of a cloud job), else in a file; `publicKeys` are trusted beside its own. `siteKeySecret` is the
 * Worker's SITE_KEY_SECRET, null where it is not known.
 */
export interface StoreConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly artifactBucket: string;
  readonly eventBucket: string;
  readonly credentials: StoreCredentials | null;
  readonly stateDir: string;
  readonly privateKeyFile: string;
  readonly privateKey: string | null;
  readonly publicKeys: string;
  readonly siteKeySecret: string | null;
}

/** Path of the embedded store's S3 endpoint, on the origin that `npm start` serves. */
export const LOCAL_STORE_PATH = "/cdn-cgi/local/r2/s3";

/** Credentials of the embedded store. They guard nothing: it listens on loopback only. */
export const LOCAL_CREDENTIALS: StoreCredentials = { accessKeyId: "selvedge-local", secretAccessKey: "selvedge-local-secret" };

/** SITE_KEY_SECRET of wrangler.toml's local settings. */
const LOCAL_SITE_KEY_SECRET = "local-development-only";

const setting = (standard: string) => v.optional(v.pipe(v.string(), v.minLength(1)), standard);
const Environment = v.object({
  SELVEDGE_STORE_ENDPOINT: v.optional(WebUrl, `http://localhost:8787${LOCAL_STORE_PATH}`),
  SELVEDGE_STORE_REGION: setting("auto"),
  SELVEDGE_ARTIFACT_BUCKET: setting("selvedge-artifacts"),
  SELVEDGE_EVENT_BUCKET: setting("selvedge-events"),
  SELVEDGE_ACCESS_KEY_ID: v.optional(v.string()),
  SELVEDGE_SECRET_ACCESS_KEY: v.optional(v.string()),
  SELVEDGE_STATE_DIR: setting(".selvedge"),
  SELVEDGE_PRIVATE_KEY_FILE: v.optional(v.pipe(v.string(), v.minLength(1))),
  SELVEDGE_PRIVATE_KEY: v.optional(v.pipe(v.string(), v.minLength(1))),
  SELVEDGE_PUBLIC_KEYS: v.optional(v.string(), ""),
  SELVEDGE_SITE_KEY_SECRET: v.optional(v.pipe(v.string(), v.minLength(1))),
});

/** Reads the configuration, or throws a `CodedError` whose path is the variable's name. */
export function readStoreConfig(env: Readonly<Record<string, string | undefined>> = process.env): StoreConfig {
  const read = parse(Environment, env);
  const { SELVEDGE_ACCESS_KEY_ID: accessKeyId, SELVEDGE_SECRET_ACCESS_KEY: secretAccessKey } = read;
  return {
    endpoint: read.SELVEDGE_STORE_ENDPOINT,
    region: read.SELVEDGE_STORE_REGION,
    artifactBucket: read.SELVEDGE_ARTIFACT_BUCKET,
    eventBucket: read.SELVEDGE_EVENT_BUCKET,
    credentials:
      accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : standardCredentials(read.SELVEDGE_STORE_ENDPOINT),
    stateDir: read.SELVEDGE_STATE_DIR,
    privateKeyFile: read.SELVEDGE_PRIVATE_KEY_FILE ?? join(read.SELVEDGE_STATE_DIR, "keys", "private.pem"),
    privateKey: read.SELVEDGE_PRIVATE_KEY ?? null,
    publicKeys: read.SELVEDGE_PUBLIC_KEYS,
    siteKeySecret: read.SELVEDGE_SITE_KEY_SECRET ?? (isLocal(read.SELVEDGE_STORE_ENDPOINT) ? LOCAL_SITE_KEY_SECRET : null),
  };
}

const isLocal = (endpoint: string): boolean => endpoint.endsWith(LOCAL_STORE_PATH);

const standardCredentials = (endpoint: string): StoreCredentials | null => (isLocal(endpoint) ? LOCAL_CREDENTIALS : null);

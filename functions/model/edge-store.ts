// The store at the edge: signed S3 requests over fetch (aws4fetch), each with a deadline.
import { AwsClient } from "aws4fetch";
import type { ObjectStore, StoredObject, StoreFailure, WriteCondition } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** What the edge needs of a store. As an `ObjectReader` it is what the loaders read from. */
export type EdgeStore = Pick<ObjectStore, "get" | "put">;

export interface EdgeStoreOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Bound on one request, body included. */
  readonly timeoutMs: number;
}

/**
 * One bucket. There are no retries here: loaders come back after the pointer's lifetime, queues redeliver.
 *
 * @example const store = createEdgeStore({ ...bindings.store, bucket: bindings.artifactBucket, timeoutMs: 1000 });
 */
export function createEdgeStore({
  endpoint,
  region,
  bucket,
  accessKeyId,
  secretAccessKey,
  timeoutMs,
}: EdgeStoreOptions): EdgeStore {
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const base = `${endpoint.replace(/\/$/, "")}/${bucket}/`;
  const send = async <T>(key: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<T> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await read(await client.fetch(base + encodeKey(key), { ...init, signal }));
    } catch (error) {
      const path = `${bucket}/${key}`;
      throw signal.aborted
        ? new CodedError("store_timeout", path, `no answer within ${timeoutMs} ms`)
        : asStoreError(error, path);
    }
  };
  return {
    get: (key) => send(key, { method: "GET" }, readObject),
    put: (key, bytes, condition) => {
      const body = bytes as Uint8Array<ArrayBuffer>; // never shared memory: workers have none
      return send(key, { method: "PUT", body, headers: conditionHeaders(condition) }, readWritten);
    },
  };
}

/** Keys are paths: slashes stay, everything else that S3 signs encoded is encoded. */
const encodeKey = (key: string): string => key.split("/").map(encodeSegment).join("/");

/** RFC 3986 has these five unreserved by JavaScript reserved, and so has the signature. */
const encodeSegment = (segment: string): string =>
  encodeURIComponent(segment).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

async function readObject(response: Response): Promise<StoredObject | null> {
  if (response.status === 404 && (await response.text()).includes("NoSuchKey")) return null;
  await requireOk(response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) !== bytes.length) throw new StatusError(response.status, "the body was cut off");
  return { bytes, etag: response.headers.get("etag") ?? "" };
}

async function readWritten(response: Response): Promise<boolean> {
  const overtaken = response.status === 412 || response.status === 409;
  if (!overtaken) await requireOk(response);
  await response.body?.cancel();
  return !overtaken;
}

class StatusError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function requireOk(response: Response): Promise<void> {
  if (response.ok) return;
  const text = response.bodyUsed ? "" : (await response.text()).slice(0, 200);
  throw new StatusError(response.status, `the store answered ${response.status} ${text}`);
}

function asStoreError(error: unknown, path: string): CodedError {
  const refused = error instanceof StatusError && error.status >= 400 && error.status < 500 && error.status !== 429;
  const code: StoreFailure = refused ? "store_refused" : "store_unreachable";
  return new CodedError(code, path, error instanceof Error ? error.message : String(error), undefined, { cause: error });
}

function conditionHeaders(condition: WriteCondition): Record<string, string> {
  if (condition === null) return {};
  return "ifMatch" in condition ? { "if-match": condition.ifMatch } : { "if-none-match": "*" };
}

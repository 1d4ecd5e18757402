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
  const send = async <T>(key: string, init: RequestInit, read: Reading<T>): Promise<T> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await client.fetch(base + encodeKey(key), { ...init, signal });
      return await read(response, response.ok ? null : new RefusedError(response.status, await response.text()));
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

/** Makes the answer of a response; `refused` says what is wrong with one that is not 2xx. */
type Reading<T> = (response: Response, refused: RefusedError | null) => Promise<T>;

async function readObject(response: Response, refused: RefusedError | null): Promise<StoredObject | null> {
  if (refused?.isMissing) return null;
  if (refused) throw refused;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) !== bytes.length) throw new Error(`${bytes.length} of ${length} bytes came`);
  return { bytes, etag: response.headers.get("etag") ?? "" };
}

/** 412: the condition does not hold. 409: overtaken while it wrote. Missing: it was to match, and is gone. */
async function readWritten(response: Response, refused: RefusedError | null): Promise<boolean> {
  if (refused?.status === 412 || refused?.status === 409 || refused?.isMissing) return false;
  if (refused) throw refused;
  await response.body?.cancel();
  return true;
}

class RefusedError extends Error {
  readonly status: number;
  /** The object is missing; a missing bucket is 404 too, and is a fault. */
  readonly isMissing: boolean;

  constructor(status: number, body: string) {
    super(`the store answered ${status} ${body.slice(0, 200)}`);
    this.status = status;
    this.isMissing = status === 404 && body.includes("NoSuchKey");
  }
}

function asStoreError(error: unknown, path: string): CodedError {
  const refused = error instanceof RefusedError && error.status < 500 && error.status !== 429;
  const code: StoreFailure = refused ? "store_refused" : "store_unreachable";
  return new CodedError(code, path, error instanceof Error ? error.message : String(error), undefined, { cause: error });
}

function conditionHeaders(condition: WriteCondition): Record<string, string> {
  if (condition === null) return {};
  return "ifMatch" in condition ? { "if-match": condition.ifMatch } : { "if-none-match": "*" };
}

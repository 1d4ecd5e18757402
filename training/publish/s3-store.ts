// The store port over @aws-sdk/client-s3: conditional writes, listing, a deadline for every call, errors with stable codes.
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { ObjectStore, StoreFailure, WriteCondition } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { StoreConfig } from "./store-config.ts";

const TIMEOUT_MS = 30_000;

type Connection = Pick<StoreConfig, "endpoint" | "region" | "credentials">;

/**
 * One bucket. `timeoutMs` bounds each call, retries included.
 *
 * @example const store = createS3Store(config, config.artifactBucket);
 */
export function createS3Store(connection: Connection, bucket: string, timeoutMs = TIMEOUT_MS): ObjectStore {
  const client = new S3Client({
    endpoint: connection.endpoint,
    region: connection.region,
    ...(connection.credentials && { credentials: connection.credentials }),
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED", // trailing checksums are not understood everywhere; contents carry their own hash
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const options = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  const guard = <T>(key: string, work: Promise<T>) =>
    work.catch((error: unknown) => rethrow(error, `${bucket}/${key}`, timeoutMs));
  return {
    get: (key) => guard(key, getObject(client, new GetObjectCommand({ Bucket: bucket, Key: key }), options())),
    put: (key, bytes, condition) => {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...conditionHeaders(condition) });
      return guard(key, putObject(client, command, options()));
    },
    list: (prefix) => guard(prefix, listKeys(client, bucket, prefix, options)),
  };
}

type CallOptions = { readonly abortSignal: AbortSignal };

async function getObject(client: S3Client, command: GetObjectCommand, options: CallOptions) {
  try {
    const { Body: body, ETag: etag } = await client.send(command, options);
    if (!body || etag === undefined) throw new Error("an S3 object has a body and an ETag");
    return { bytes: await body.transformToByteArray(), etag };
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "NoSuchKey") return null;
    throw error;
  }
}

/** 412: the condition does not hold. 409: S3's answer to one that was overtaken while it wrote. 404: it was to match, and is gone. */
async function putObject(client: S3Client, command: PutObjectCommand, options: CallOptions): Promise<boolean> {
  try {
    await client.send(command, options);
    return true;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const { httpStatusCode } = error.$metadata;
    if (httpStatusCode === 412 || httpStatusCode === 409 || error.name === "NoSuchKey") return false;
    throw error;
  }
}

async function listKeys(client: S3Client, bucket: string, prefix: string, options: () => CallOptions): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page: ListObjectsV2CommandOutput = await client.send(command, options());
    for (const { Key: key } of page.Contents ?? []) if (key !== undefined) keys.push(key);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}

function conditionHeaders(condition: WriteCondition): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === null) return {};
  return "ifMatch" in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: "*" };
}

function rethrow(error: unknown, path: string, timeoutMs: number): never {
  const fail = (code: StoreFailure, detail: string): never => {
    throw new CodedError(code, path, detail, undefined, { cause: error });
  };
  if (!(error instanceof Error)) throw error;
  if (error.name === "TimeoutError" || error.name === "AbortError")
    return fail("store_timeout", `no answer within ${timeoutMs} ms`);
  if (!(error instanceof S3ServiceException))
    return fail("store_unreachable", `${error.message}; is SELVEDGE_STORE_ENDPOINT right?`);
  const status = error.$metadata.httpStatusCode ?? 0;
  if (status >= 500 || status === 429) return fail("store_unreachable", `the store answered ${status} (${error.name})`);
  const next = "check SELVEDGE_ACCESS_KEY_ID, SELVEDGE_SECRET_ACCESS_KEY and the bucket's name";
  return fail("store_refused", `the store answered ${status} (${error.name}: ${error.message}); ${next}`);
}

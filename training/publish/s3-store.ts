// The store port over @aws-sdk/client-s3: conditional writes, listing, a deadline for every call, errors with stable codes.
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { ObjectStore, StoreFailure, WriteCondition } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { StoreConfig } from "./store-config.ts";

/** `timeoutMs` bounds each request, retries included; `pageSize` is the number of keys that one request lists. */
export interface StoreLimits {
  readonly timeoutMs: number;
  readonly pageSize: number;
}

const LIMITS: StoreLimits = { timeoutMs: 120_000, pageSize: 1000 };

type Connection = Pick<StoreConfig, "endpoint" | "region" | "credentials">;

/**
 * One bucket.
 *
 * @example const store = createS3Store(config, config.artifactBucket);
 */
export function createS3Store(connection: Connection, bucket: string, limits: Partial<StoreLimits> = {}): ObjectStore {
  const { timeoutMs, pageSize } = { ...LIMITS, ...limits };
  const client = new S3Client({
    endpoint: connection.endpoint,
    region: connection.region,
    ...(connection.credentials && { credentials: connection.credentials }),
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED", // trailing checksums are not understood everywhere; contents carry their own hash
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const guard: Guard = async (key, work) => {
    const abortSignal = AbortSignal.timeout(timeoutMs);
    try {
      return await work({ abortSignal });
    } catch (error) {
      const path = `${bucket}/${key}`;
      throw abortSignal.aborted
        ? new CodedError("store_timeout", path, `no answer within ${timeoutMs} ms`)
        : asStoreError(error, path);
    }
  };
  return {
    get: (key) => guard(key, (options) => getObject(client, new GetObjectCommand({ Bucket: bucket, Key: key }), options)),
    put: (key, bytes, condition) => {
      const input = { Bucket: bucket, Key: key, ...conditionHeaders(condition) };
      return guard(key, (options) => putObject(client, input, bytes, options));
    },
    list: (prefix) => listKeys(client, { Bucket: bucket, Prefix: prefix, MaxKeys: pageSize }, guard),
  };
}

type CallOptions = { readonly abortSignal: AbortSignal };
type Guard = <T>(key: string, work: (options: CallOptions) => Promise<T>) => Promise<T>;

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
async function putObject(
  client: S3Client,
  input: PutObjectCommandInput,
  bytes: Uint8Array,
  options: CallOptions,
): Promise<boolean> {
  try {
    await client.send(new PutObjectCommand({ ...input, Body: bytes }), options);
    return true;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const { httpStatusCode, attempts = 1 } = error.$metadata;
    const overtaken = httpStatusCode === 412 || httpStatusCode === 409 || error.name === "NoSuchKey";
    if (!overtaken) throw error;
    return attempts > 1 && (await isStored(client, input, bytes, options));
  }
}

/** Whether a write that the client sent again was overtaken by itself: the first time it was done, and only the answer was lost. */
async function isStored(client: S3Client, { Bucket, Key }: PutObjectCommandInput, bytes: Uint8Array, options: CallOptions) {
  const stored = await getObject(client, new GetObjectCommand({ Bucket, Key }), options);
  return stored !== null && Buffer.compare(stored.bytes, bytes) === 0;
}

async function listKeys(client: S3Client, input: ListObjectsV2CommandInput, guard: Guard): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ ...input, ContinuationToken: token });
    const page: ListObjectsV2CommandOutput = await guard(input.Prefix ?? "", (options) => client.send(command, options));
    for (const { Key: key } of page.Contents ?? []) if (key !== undefined) keys.push(key);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}

function conditionHeaders(condition: WriteCondition): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === null) return {};
  return "ifMatch" in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: "*" };
}

function asStoreError(error: unknown, path: string): CodedError {
  const coded = (code: StoreFailure, detail: string) => new CodedError(code, path, detail, undefined, { cause: error });
  const next = "check SELVEDGE_ACCESS_KEY_ID, SELVEDGE_SECRET_ACCESS_KEY and the bucket's name";
  if (error instanceof Error && error.name === "CredentialsProviderError")
    return coded("store_refused", `no credentials; ${next}`);
  if (!(error instanceof S3ServiceException))
    return coded("store_unreachable", `${error}; is it running (npm start)? is SELVEDGE_STORE_ENDPOINT right?`);
  const status = error.$metadata.httpStatusCode ?? 0;
  if (status >= 500 || status === 429) return coded("store_unreachable", `the store answered ${status} (${error.name})`);
  return coded("store_refused", `the store answered ${status} (${error.name}: ${error.message}); ${next}`);
}

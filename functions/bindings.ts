// What the runtime gives -> what we rely on. The only reader of env: parsed once an isolate, then trusted.
import * as v from "valibot";
import { parse } from "../shared/schemas/coded-error.ts";
import { int } from "../shared/schemas/numbers.ts";
import { WebUrl } from "../shared/schemas/web-url.ts";
import type { SubjectViews } from "./frequency/subject-views.ts";

const name = v.pipe(v.string(), v.minLength(1));

const Environment = v.object({
  STORE_ENDPOINT: WebUrl,
  STORE_REGION: name,
  ARTIFACT_BUCKET: name,
  EVENT_BUCKET: name,
  STORE_ACCESS_KEY_ID: name,
  STORE_SECRET_ACCESS_KEY: name,
  PUBLIC_KEYS: v.string(),
  TRACKING_SECRET: name,
  SITE_KEY_SECRET: name,
  SUBJECT_SECRET: name,
  POINTER_TTL_MS: v.pipe(v.string(), v.toNumber(), int, v.minValue(1)),
  PUBLIC_ORIGIN: v.union([v.literal(""), WebUrl]),
  EVENT_QUEUE: v.custom<Queue>(
    (value) => typeof value === "object" && value !== null && "sendBatch" in value,
    "expected a queue",
  ),
  SUBJECT_VIEWS: v.custom<DurableObjectNamespace<SubjectViews>>(
    (value) => typeof value === "object" && value !== null && "idFromName" in value,
    "expected a namespace of Durable Objects",
  ),
});

/** `publicOrigin` is empty where tracking URLs take the origin of the request. */
export interface Bindings {
  readonly store: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  readonly artifactBucket: string;
  readonly eventBucket: string;
  readonly publicKeys: string;
  readonly trackingSecret: string;
  readonly siteKeySecret: string;
  readonly subjectSecret: string;
  readonly pointerTtlMs: number;
  readonly publicOrigin: string;
  readonly eventQueue: Queue;
  readonly subjectViews: DurableObjectNamespace<SubjectViews>;
}

/** Throws a `CodedError` that names the variable which is missing or wrong. */
export function readBindings(env: unknown): Bindings {
  const parsed = parse(Environment, env, "env");
  return {
    store: {
      endpoint: parsed.STORE_ENDPOINT,
      region: parsed.STORE_REGION,
      accessKeyId: parsed.STORE_ACCESS_KEY_ID,
      secretAccessKey: parsed.STORE_SECRET_ACCESS_KEY,
    },
    artifactBucket: parsed.ARTIFACT_BUCKET,
    eventBucket: parsed.EVENT_BUCKET,
    publicKeys: parsed.PUBLIC_KEYS,
    trackingSecret: parsed.TRACKING_SECRET,
    siteKeySecret: parsed.SITE_KEY_SECRET,
    subjectSecret: parsed.SUBJECT_SECRET,
    pointerTtlMs: parsed.POINTER_TTL_MS,
    publicOrigin: parsed.PUBLIC_ORIGIN,
    eventQueue: parsed.EVENT_QUEUE,
    subjectViews: parsed.SUBJECT_VIEWS,
  };
}

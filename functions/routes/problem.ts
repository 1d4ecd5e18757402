// Errors as application/problem+json (RFC 9457), with a stable code and the path of the offending field.
import type { Context } from "hono";
import * as v from "valibot";
import type { CodedError, Problem } from "../../shared/schemas/coded-error.ts";
import { int } from "../../shared/schemas/numbers.ts";
import { strictObject } from "../../shared/schemas/objects.ts";

/** Codes whose status is not 422, "the field at `path` is not what we take". */
const STATUS = {
  json_malformed: 400,
  token_malformed: 400,
  token_forged: 400,
  token_version_unknown: 400,
  site_key_missing: 401,
  site_key_malformed: 401,
  site_key_forged: 401,
  site_key_expired: 401,
  site_key_wrong_site: 403,
  route_unknown: 404,
  task_unknown: 404,
  placement_unknown: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  content_type_unsupported: 415,
  internal: 500,
  queue_unavailable: 503,
  counters_unavailable: 503,
} as const;

const TITLES: Record<number, string> = {
  400: "Malformed request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  413: "Content too large",
  415: "Unsupported media type",
  422: "Invalid request",
  500: "Internal error",
  503: "Unavailable",
};

/** What every error answers with. `problems` lists all of them where there is more than one. */
export const ProblemDocument = strictObject({
  type: v.literal("about:blank"),
  title: v.string(),
  status: int,
  code: v.string(),
  path: v.string(),
  detail: v.string(),
  problems: v.exactOptional(v.array(strictObject({ code: v.string(), path: v.string(), detail: v.string() }))),
});
export type ProblemDocument = v.InferOutput<typeof ProblemDocument>;

/** Most problems that one answer lists. */
const MAX_PROBLEMS = 20;

export function answerProblem(context: Context, { code, path, problems }: CodedError): Response {
  const status = statusOf(code);
  const detail = problems[0]?.detail ?? "";
  const all: readonly Problem[] = problems.slice(0, MAX_PROBLEMS);
  const body: ProblemDocument = {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    code,
    path,
    detail,
    ...(all.length > 1 && { problems: [...all] }),
  };
  if (status === 401) context.header("www-authenticate", "Bearer"); // RFC 9110 asks for it
  return context.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
}

function statusOf(code: string): 422 | (typeof STATUS)[keyof typeof STATUS] {
  return code in STATUS ? STATUS[code as keyof typeof STATUS] : 422; // `in` has just shown that it is a key
}

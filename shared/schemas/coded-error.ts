// An error that a user can act on: a stable code, the path of the offending field, and what to do next.
import type * as z from "zod/mini";

/** One thing that is wrong with an input. `path` is dotted with bracketed indices: `placements[0].id`; empty for the whole. */
export interface Problem {
  readonly code: string;
  readonly path: string;
  readonly detail: string;
}

/**
 * An operating error: bad input, a corrupt file, a lost race. Programmer errors are plain `Error`s.
 *
 * `code` is stable and snake_case, so that callers may switch on it; `detail` is for people and may change.
 *
 * @example throw new CodedError("label_not_binary", "label", "row 12: expected 0 or 1, got \"maybe\"");
 */
export class CodedError extends Error {
  readonly code: string;
  readonly path: string;
  readonly problems: readonly Problem[];

  constructor(code: string, path: string, detail: string, problems?: readonly Problem[], options?: ErrorOptions) {
    super(path === "" ? detail : `${path}: ${detail}`, options);
    this.name = "CodedError";
    this.code = code;
    this.path = path;
    this.problems = problems ?? [{ code, path, detail }];
  }
}

/** Writes a path the way that errors show it: `["placements", 0, "id"]` -> `placements[0].id`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/**
 * Parses with a schema, or throws a `CodedError` that carries every problem. The code of each is the schema library's own
 * (`invalid_type`, `too_big`, `unrecognized_keys`, ...), which is stable.
 *
 * @example const task = parse(Task, JSON.parse(text), "task");
 * @param root name of the whole, put before every path; empty for an HTTP body
 */
export function parse<Schema extends z.core.$ZodType>(schema: Schema, value: unknown, root = ""): z.output<Schema> {
  const result = (schema as unknown as z.ZodMiniType<z.output<Schema>>).safeParse(value); // every zod/mini schema has safeParse
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    code: String(issue.code),
    path: formatPath(root === "" ? issue.path : [root, ...issue.path]),
    detail: issue.message,
  }));
  const first = problems[0] ?? { code: "invalid", path: root, detail: "invalid" };
  throw new CodedError(first.code, first.path, first.detail, problems);
}

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
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, root === "" ? [] : [root]));
  const first = problems[0] ?? { code: "invalid", path: root, detail: "invalid" };
  throw new CodedError(first.code, first.path, first.detail, problems);
}

/** One problem an issue, but for unknown keys: each has a path of its own. */
function toProblems(issue: z.core.$ZodIssue, root: readonly string[]): Problem[] {
  const problemAt = (keys: readonly PropertyKey[]) => ({
    code: issue.code,
    path: formatPath([...root, ...issue.path, ...keys]),
    detail: describeIssue(issue),
  });
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => problemAt([key])) : [problemAt([])];
}

/** What was expected. By itself zod/mini says "Invalid input"; its English locale drags all the others into a bundle. */
function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.message !== "Invalid input") return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_big":
      return `too big: at most ${issue.maximum}`;
    case "too_small":
      return `too small: at least ${issue.minimum}`;
    case "invalid_format":
      return `expected the format "${issue.format}"`;
    case "unrecognized_keys":
      return "not a known field; check its spelling or leave it out";
    case "invalid_union":
      return "matches none of the allowed forms";
    default:
      return issue.message;
  }
}

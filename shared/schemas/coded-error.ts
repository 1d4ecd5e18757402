// An error that a user can act on: a stable code, the path of the offending field, and what to do next.
import * as v from "valibot";

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
 * Parses with a schema, or throws a `CodedError` that carries every problem, with a code of `problemsOf`.
 *
 * @example const task = parse(Task, JSON.parse(text), "task");
 * @param root name of the whole, put before every path; empty for an HTTP body
 */
export function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown, root = ""): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = problemsOf(result.issues, root);
  const first = problems[0] ?? { code: "invalid", path: root, detail: "invalid" };
  throw new CodedError(first.code, first.path, first.detail, problems);
}

/**
 * What a schema found, as people and callers see it: one of the codes `invalid_type`, `invalid_value`, `invalid_format`,
 * `invalid_union`, `invalid_key`, `unrecognized_keys`, `too_big`, `too_small`, `custom`, whatever the schema library calls it.
 *
 * @example const result = v.safeParse(Event, value);
 * if (!result.success) report(problemsOf(result.issues));
 */
export function problemsOf(issues: readonly v.BaseIssue<unknown>[], root = ""): Problem[] {
  return issues.map((issue) => {
    const steps = issue.path?.map(({ key }) => key as PropertyKey) ?? []; // JSON has no other keys
    const code = codeOf(issue);
    return { code, path: formatPath(root === "" ? steps : [root, ...steps]), detail: describe(code, issue) };
  });
}

/** Codes by the library's types; all others are `invalid_type`. */
const CODES: Readonly<Record<string, string>> = {
  literal: "invalid_value",
  picklist: "invalid_value",
  regex: "invalid_format",
  url: "invalid_format",
  union: "invalid_union",
  min_length: "too_small",
  min_value: "too_small",
  gt_value: "too_small",
  max_length: "too_big",
  max_value: "too_big",
  lt_value: "too_big",
  custom: "custom",
  check: "custom",
  raw_check: "custom",
};

function codeOf({ kind, type, expected, path }: v.BaseIssue<unknown>): string {
  if (expected === "never") return "unrecognized_keys";
  if (type === "variant") return expected === "Object" ? "invalid_type" : "invalid_union";
  if (kind === "validation" && path?.at(-1)?.origin === "key") return "invalid_key";
  return CODES[type] ?? "invalid_type";
}

/** What was expected: the schema's own words, or where it has none, better ones than the library's. */
function describe(code: string, { message, type, expected, requirement }: v.BaseIssue<unknown>): string {
  if (!message.startsWith("Invalid ")) return message;
  switch (code) {
    case "too_big":
      return type === "lt_value" ? `too big: less than ${requirement}` : `too big: at most ${requirement}`;
    case "too_small":
      return type === "gt_value" ? `too small: more than ${requirement}` : `too small: at least ${requirement}`;
    case "invalid_format":
      return `expected the format "${type}"`;
    case "unrecognized_keys":
      return "not a known field; check its spelling or leave it out";
    case "invalid_union":
      return "matches none of the allowed forms";
    default:
      return describeExpected(type, expected);
  }
}

function describeExpected(type: string, expected: string | null): string {
  if (type === "object" && expected !== "Object") return "missing"; // an object of any further keys lacks this one
  if (expected === null) return `expected ${type === "integer" ? "int" : "number"}`; // numbers' actions say nothing
  if (expected === "Object" || expected === "Array") return `expected ${expected.toLowerCase()}`;
  return `expected ${expected.replace(/^\(|\)$/g, "").replaceAll(" | ", " or ")}`; // ("a" | "b")
}

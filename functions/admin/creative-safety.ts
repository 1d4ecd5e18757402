// A creative at the door: its URLs and its markup are looked at before anything of it is stored, each refusal by its code and path.
import { CodedError, type Problem } from "../../shared/schemas/coded-error.ts";
import { checkMarkup } from "./markup.ts";
import { findUrlProblem } from "./url-safety.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The creative with its HTML as it may be served. It comes before the schema, which would call every bad URL by one code; what is of
 * the wrong type is left to the schema. Throws a `CodedError` with all problems: those of `findUrlProblem`, `markup_refused`,
 * `macro_unknown`, `macro_misplaced`.
 *
 * @example const safe = await makeCreativeSafe(body, "");
 * @param root path of the creative in what was sent: empty, or `creatives[3]`
 */
export async function makeCreativeSafe(creative: unknown, root: string): Promise<unknown> {
  if (!isFields(creative)) return creative;
  const at = (path: string) => (root === "" ? path : `${root}.${path}`);
  const content = isFields(creative.content) ? creative.content : {};
  const problems: Problem[] = [
    ...findUrlProblems(creative, ["landingUrl"], at),
    ...findUrlProblems(content, ["imageUrl", "iconUrl"], (name) => at(`content.${name}`)),
  ];
  const markup = content.kind === "html" && typeof content.html === "string" ? await checkMarkup(content.html) : null;
  for (const { code, detail } of markup?.problems ?? []) problems.push({ code, path: at("content.html"), detail });
  const [first] = problems;
  if (first) throw new CodedError(first.code, first.path, first.detail, problems);
  return markup ? { ...creative, content: { ...content, html: markup.html } } : creative;
}

function findUrlProblems(fields: Fields, names: readonly string[], at: (name: string) => string): Problem[] {
  return names.flatMap((name) => {
    const value = fields[name];
    return typeof value === "string" ? (findUrlProblem(value, at(name)) ?? []) : [];
  });
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

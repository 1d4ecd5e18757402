// What a URL of a creative may be: absolute, http or https, with macros behind the host only, and read by everybody in one way.
import type { Problem } from "../../shared/schemas/coded-error.ts";
import { expandUrl, isMacro, isUrlMacro, namesIn } from "../decision/macros.ts";

/** What reads differently in different parsers, or not at all: spaces, controls, backslashes, and marks that turn a text around. */
const AMBIGUOUS = /[\p{Cc}\p{Cf}\p{Z}\\]/u;

/**
 * The first thing wrong with it, or null: `url_characters_refused`, `url_scheme_refused`, `url_credentials_refused`, `macro_unknown`,
 * `macro_misplaced`, `url_malformed`.
 *
 * @example findUrlProblem("javascript:alert(1)", "landingUrl")?.code; // "url_scheme_refused"
 */
export function findUrlProblem(url: string, path: string): Problem | null {
  const problem = (code: string, detail: string): Problem => ({ code, path, detail });
  const text = url.trim();
  if (AMBIGUOUS.test(text)) {
    return problem("url_characters_refused", "spaces, control characters and backslashes must be percent-encoded");
  }
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined)
    return problem("url_scheme_refused", "expected an absolute URL that begins with https:// or http://");
  if (authority.includes("@")) return problem("url_credentials_refused", "leave out what stands before the @");
  return findMacroProblem(text, authority, problem) ?? findParserProblem(text, problem);
}

type Describe = (code: string, detail: string) => Problem;

function findMacroProblem(text: string, authority: string, problem: Describe): Problem | null {
  const unknown = namesIn(text).find((name) => !isMacro(name) && !isUrlMacro(name));
  if (unknown !== undefined) return problem("macro_unknown", `there is no {${unknown}}; see functions/decision/macros.ts`);
  if (authority.includes("{")) return problem("macro_misplaced", "macros may stand in path, query and fragment, not in the host");
  const whole = namesIn(text).find(isUrlMacro);
  return whole === undefined ? null : problem("macro_misplaced", `{${whole}} is a whole URL and cannot be a part of another`);
}

/** Behind the macros the URL must still be one: tried with values that every macro might have. */
function findParserProblem(text: string, problem: Describe): Problem | null {
  const expanded = expandUrl(text, Object.fromEntries(namesIn(text).map((name) => [name, "1"])));
  return URL.canParse(expanded) ? null : problem("url_malformed", "this is no URL; check its host and port");
}

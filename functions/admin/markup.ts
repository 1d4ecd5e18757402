// An ad's HTML, read by the runtime's own parser and written anew from what is on the lists of markup-rules.ts.
import { isMacro, isUrlMacro, namesIn } from "../decision/macros.ts";
import {
  KEPT_ATTRIBUTES,
  KEPT_ELEMENTS,
  REFUSED_ATTRIBUTES,
  TARGETS,
  UNWRAPPED_ELEMENTS,
  URL_ATTRIBUTES,
  VOID_ELEMENTS,
} from "./markup-rules.ts";
import { findStyleProblem } from "./style-text.ts";
import { findUrlProblem } from "./url-safety.ts";

/** `code` is `markup_refused`, `macro_unknown` or `macro_misplaced`. */
export interface MarkupProblem {
  readonly code: string;
  readonly detail: string;
}

/** `html` is what may be served; it stands only where there are no problems. */
export interface CheckedMarkup {
  readonly html: string;
  readonly problems: readonly MarkupProblem[];
}

/**
 * What runs script, or sends the reader elsewhere by itself, is refused rather than taken out: an ad without its script would be
 * shown, and paid for, as something else than its maker saw, and nobody would be told. What does neither and is on no list (comments,
 * `data-` attributes, the frame of a document) is taken out.
 *
 * What is kept is written anew: lower-case tags, quoted attributes, escaped text. So it has one reading only, and no difference
 * between this parser and a browser's can turn text into a tag (mutation XSS). It is meant to be served as `<iframe sandbox
 * srcdoc="...">` with no `allow-scripts`, never as a part of the page: this is the first wall, the frame the second.
 *
 * @example const { html, problems } = await checkMarkup('<a href="{clickUrl}"><img src="https://cdn.example/a.png"></a>');
 */
export async function checkMarkup(html: string): Promise<CheckedMarkup> {
  const writer = new MarkupWriter();
  if (/[^\P{Cc}\t\n\r\f]/u.test(html)) writer.refuse("a control character");
  try {
    await writer.attach(new HTMLRewriter()).transform(new Response(html)).text();
  } catch (error) {
    writer.refuse(`what browsers read differently: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  }
  return writer.finish();
}

/** The one text of an element that must be looked at as a whole, or that is not kept. */
interface OpenText {
  readonly element: "style" | "title";
  text: string;
}

class MarkupWriter {
  readonly #problems: MarkupProblem[] = [];
  #html = "";
  #openText: OpenText | null = null;
  #elementCount = 0;

  attach(rewriter: HTMLRewriter): HTMLRewriter {
    return rewriter
      .on("*", { element: (element) => this.#writeElement(element) })
      .onDocument({ text: ({ text }) => this.#writeText(text) });
  }

  finish(): CheckedMarkup {
    if (this.#openText) this.refuse(`<${this.#openText.element}> without an end`);
    const unknown = namesIn(this.#html).find((name) => !isMacro(name) && !isUrlMacro(name));
    if (unknown !== undefined) this.#note("macro_unknown", `there is no {${unknown}}; see functions/decision/macros.ts`);
    return { html: this.#problems.length === 0 ? this.#html : "", problems: this.#problems };
  }

  refuse(what: string): void {
    const where = this.#elementCount === 0 ? "" : ` (at element ${this.#elementCount})`;
    this.#note(
      "markup_refused",
      `${what}${where}; take it out: an ad shows text, pictures and links, and its frame runs no script`,
    );
  }

  #note(code: string, detail: string): void {
    this.#problems.push({ code, detail });
  }

  #writeElement(element: Element): void {
    this.#elementCount++;
    const { tagName: name, namespaceURI } = element;
    const attributes = [...element.attributes] as [string, string][]; // of text each
    const isKept = namespaceURI === "http://www.w3.org/1999/xhtml" && KEPT_ELEMENTS.has(name);
    if (!isKept && !UNWRAPPED_ELEMENTS.has(name)) {
      this.refuse(`<${name.slice(0, 40)}>`);
      return;
    }
    const written = this.#writeAttributes(name, attributes);
    if (isKept) this.#html += `<${name}${written}>`;
    if (name === "style" || name === "title") this.#openText = { element: name, text: "" };
    if (!VOID_ELEMENTS.has(name) && name !== "meta") element.onEndTag((end) => this.#writeEnd(name, end.name));
  }

  /** An end tag also ends what is open inside of it: browsers know that as well as this parser does, so only its own is written. */
  #writeEnd(name: string, endName: string): void {
    if (this.#openText?.element === "style") this.#writeStyle(this.#openText.text);
    this.#openText = null;
    if (name === endName && KEPT_ELEMENTS.has(name)) this.#html += `</${name}>`;
  }

  #writeText(text: string): void {
    if (this.#openText) this.#openText.text += text;
    else this.#html += text.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  }

  #writeStyle(text: string): void {
    const problem = findStyleProblem(text);
    if (problem !== null) this.refuse(`in <style>, ${problem}`);
    if (namesIn(text).some((name) => isMacro(name) || isUrlMacro(name))) {
      this.#note("macro_misplaced", "macros may stand in text, links and sources, not in styles");
    }
    this.#html += text;
  }

  /** A browser takes the first of two attributes of one name. */
  #writeAttributes(element: string, attributes: readonly [string, string][]): string {
    const seen = new Map<string, string>();
    for (const [name, value] of attributes) {
      if (/^on/i.test(name) || REFUSED_ATTRIBUTES.has(name)) this.refuse(`the attribute ${name.slice(0, 40)} of <${element}>`);
      else if (!seen.has(name) && this.#keeps(element, name, value)) seen.set(name, value);
    }
    return [...seen].map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`).join("");
  }

  /** Whether an attribute is kept; what is wrong with its value is noted. */
  #keeps(element: string, name: string, value: string): boolean {
    if (name === "style") return this.#keepsStyle(value);
    if (name === "target") return TARGETS.has(value.toLowerCase());
    const holders = URL_ATTRIBUTES[name];
    if (!holders) return KEPT_ATTRIBUTES.has(name) || /^aria-[a-z]+$/.test(name);
    if (!holders.has(element)) return false;
    for (const url of name === "srcset" ? sourcesOf(value) : [value]) this.#checkUrl(element, name, url);
    return true;
  }

  #keepsStyle(value: string): boolean {
    const text = decodeReferences(value);
    const problem = text.includes("&") ? "a character reference" : findStyleProblem(text);
    if (problem !== null) this.refuse(`in a style attribute, ${problem}`);
    if (namesIn(text).length > 0) this.#note("macro_misplaced", "macros may stand in text, links and sources, not in styles");
    return true;
  }

  #checkUrl(element: string, name: string, value: string): void {
    const text = decodeReferences(value).trim();
    if (/^\{(clickUrl|impressionUrl)\}$/.test(text)) return;
    const problem = /^https?:\/\/[^/?#]*&/i.test(text)
      ? { code: "url_malformed", detail: "a character reference in the host" }
      : findUrlProblem(text, "");
    if (problem === null) return;
    if (problem.code.startsWith("macro_")) this.#note(problem.code, `${problem.detail} (${name} of <${element}>)`);
    else this.refuse(`${name} of <${element}>: ${problem.detail}`);
  }
}

/** `https://a 2x, https://b` -> the URLs. Commas inside a URL must be percent-encoded: browsers would have to guess. */
const sourcesOf = (srcset: string): string[] => srcset.split(",").map((one) => one.trim().split(/\s+/)[0] ?? "");

/** The references that people write. Others stay: a URL's scheme and host, and all of a style, may hold none. */
function decodeReferences(text: string): string {
  return text
    .replaceAll(/&(quot|#34|#x22);/gi, '"')
    .replaceAll(/&(apos|#39|#x27);/gi, "'")
    .replaceAll(/&(amp|#38|#x26);/gi, "&");
}

/** Its references stay as they were written; what would end it, or look like a tag to a careless reader, becomes one. */
const escapeAttribute = (value: string): string =>
  value.replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

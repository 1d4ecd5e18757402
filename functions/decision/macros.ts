// Macros: what an ad's URL or HTML asks to be told, `{decisionId}`, put in so that no value can break out of its place.

/** Ids are of the catalog and of the decision; `random` is new for each impression, so that no cache answers for a counter. */
export const MACROS = [
  "decisionId",
  "placementId",
  "creativeId",
  "flightId",
  "campaignId",
  "advertiserId",
  "subjectId",
  "timestampMs",
  "random",
  "clickToken",
] as const;
export type Macro = (typeof MACROS)[number];

/** In HTML alone: whole URLs, of the click on the ad and of its being seen. */
export const URL_MACROS = ["clickUrl", "impressionUrl"] as const;
export type UrlMacro = (typeof URL_MACROS)[number];

/** Null is put in as nothing. A macro that is left out stays as it is, for whoever knows its value later. */
export type MacroValues = { readonly [Name in Macro | UrlMacro]?: string | number | null };

const MACRO = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Scheme and host, with what else the parser of URLs takes for a part of them. */
const ORIGIN = /^https?:\/\/[^/?#\\]*/i;

/**
 * Puts values into a URL's path, query and fragment, percent-encoded. Scheme and host are left alone, whatever they hold, so that no
 * value sends anybody to another site; in a path, what would be empty or dots alone is put in as a hyphen, so that none climbs out of
 * its folder (WHATWG URL, section 4.4: `..` and `%2e%2e` are one).
 *
 * @example expandUrl("https://shop.example/?d={decisionId}", { decisionId: "a b" }); // "https://shop.example/?d=a%20b"
 */
export function expandUrl(template: string, values: MacroValues): string {
  if (!template.includes("{")) return template;
  const origin = ORIGIN.exec(template)?.[0];
  if (origin === undefined) return template;
  const rest = template.slice(origin.length);
  const pathLength = /[?#]|$/.exec(rest)?.index ?? 0;
  const path = replaceMacros(rest.slice(0, pathLength), values, (value) => (/^\.*$/.test(value) ? "-" : encodeValue(value)));
  return origin + path + replaceMacros(rest.slice(pathLength), values, encodeValue);
}

/**
 * Puts values into HTML: `clickUrl` and `impressionUrl` with HTML's own characters escaped, all others percent-encoded, which holds
 * in text and in quoted attributes, and in URLs inside of those. What comes out is meant for `<iframe sandbox srcdoc>` alone.
 *
 * @example expandHtml('<a href="{clickUrl}">', { clickUrl: "https://ads.example/?a=1&b=2" }); // <a href="https://ads.example/?a=1&amp;b=2">
 */
export function expandHtml(template: string, values: MacroValues): string {
  return replaceMacros(template, values, (value, name) => (isUrlMacro(name) ? escapeHtml(value) : encodeValue(value)));
}

/**
 * The names in braces, in order, whether there are such macros or not.
 *
 * @example namesIn("{decisionId}-{price}"); // ["decisionId", "price"]
 */
export const namesIn = (template: string): string[] => [...template.matchAll(MACRO)].map(([, name = ""]) => name);

export const isMacro = (name: string): name is Macro => (MACROS as readonly string[]).includes(name);
export const isUrlMacro = (name: string): name is UrlMacro => (URL_MACROS as readonly string[]).includes(name);

type Encode = (value: string, name: Macro | UrlMacro) => string;

function replaceMacros(template: string, values: MacroValues, encode: Encode): string {
  return template.replace(MACRO, (macro, name: string) => {
    if (!isMacro(name) && !isUrlMacro(name)) return macro;
    const value = values[name];
    return value === undefined ? macro : encode(value === null ? "" : String(value), name);
  });
}

/** RFC 3986's unreserved characters stay. Half a surrogate pair, which has no encoding, becomes the replacement character. */
const encodeValue = (value: string): string => encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, encodeCharacter);
const encodeCharacter = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

const ESCAPED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (value: string): string => value.replace(/[&<>"']/g, (character) => ESCAPED[character] ?? character);

// What flights are matched against: who asks and from where, as values that are compared letter for letter. Both sides, what a flight
// names and what a request has, are spelled here.
import type { Targeting } from "./targeting.ts";

/** The dimensions whose values a request lists. */
export type ListDimension = Exclude<keyof Targeting, "keyValues" | "consents" | "sites" | "placements">;

/** A request's values, one list a dimension, spelled by `spell`; what is not known is empty. */
export type Audience = Readonly<Record<ListDimension, readonly string[]>> & {
  readonly keyValues: ReadonlyMap<string, readonly string[]>;
  readonly consents: ReadonlySet<string>;
};

/** What is known of a request, from its body and its connection. `region` is ISO 3166-2, with or without its country. */
export interface AudienceFacts {
  readonly url?: string;
  readonly keywords?: readonly string[];
  readonly segments?: readonly string[];
  readonly categories?: readonly string[];
  readonly keyValues?: Readonly<Record<string, readonly string[]>>;
  readonly consents?: readonly string[];
  readonly language?: string;
  readonly geo?: { readonly country?: string; readonly region?: string; readonly city?: string };
  readonly device?: { readonly type?: string; readonly os?: string; readonly browser?: string };
}

/** Longer paths are matched by their first segments. */
const MOST_SEGMENTS = 64;

/**
 * A page's address gives its domain with all that contain it, and every prefix of whole segments; `de-AT` is also
 * `de`; an IAB category is also its parent's.
 *
 * @example const audience = audienceOf({ geo: { country: "DE" } });
 */
export function audienceOf(facts: AudienceFacts): Audience {
  const { country, region, city } = facts.geo ?? {};
  const { type, os, browser } = facts.device ?? {};
  const page = parsePage(facts.url);
  return {
    countries: listOf(country),
    regions: listOf(region && !region.includes("-") && country ? `${country}-${region}` : region),
    cities: listOf(city),
    devices: listOf(type),
    operatingSystems: listOf(os),
    browsers: listOf(browser),
    languages: facts.language ? withParents(spell(facts.language)) : [],
    keywords: spellAll(facts.keywords),
    segments: spellAll(facts.segments),
    categories: [...new Set(spellAll(facts.categories).flatMap(withParentCategory))],
    domains: page ? domainsOf(page.host) : [],
    urlPrefixes: page ? prefixesOf(page.host, page.path) : [],
    keyValues: new Map(Object.entries(facts.keyValues ?? {}).map(([key, values]) => [key, spellAll(values)])),
    consents: new Set(spellAll(facts.consents)),
  };
}

/**
 * A value as it is compared.
 *
 * @example spell(" Berlin"); // "berlin"
 */
export const spell = (text: string): string => text.trim().toLowerCase();

/**
 * A flight's URL prefix as it is compared: without scheme, query and slash at the end.
 *
 * @example spellPrefix("https://News.example/Sport/"); // "news.example/sport"
 */
export const spellPrefix = (text: string): string =>
  spell(text)
    .replace(/^https?:\/\//, "")
    .replace(/[?#].*$/, "")
    .replace(/\/+$/, "");

/**
 * A domain and all that contain it.
 *
 * @example domainsOf("a.shop.example"); // ["a.shop.example", "shop.example", "example"]
 */
export function domainsOf(host: string): string[] {
  let domain = spell(host);
  const all = [domain];
  while (domain.includes(".")) all.push((domain = domain.slice(domain.indexOf(".") + 1)));
  return all;
}

/**
 * A category and, of IAB's own, the one that it is part of.
 *
 * @example withParentCategory("iab2-3"); // ["iab2-3", "iab2"]
 */
export const withParentCategory = (category: string): string[] =>
  /^iab\d+-/.test(category) ? withParents(category) : [category];

const spellAll = (texts: readonly string[] | undefined): string[] => (texts ?? []).map(spell);

const listOf = (text: string | undefined): string[] => (text === undefined || text === "" ? [] : [spell(text)]);

/** `zh-hant-tw` -> itself, `zh-hant` and `zh`. */
function withParents(text: string): string[] {
  const all = [text];
  let parent = text;
  while (parent.includes("-")) all.push((parent = parent.slice(0, parent.lastIndexOf("-"))));
  return all;
}

function parsePage(url: string | undefined): { readonly host: string; readonly path: string } | null {
  const page = url === undefined ? null : URL.parse(url);
  return page && /^https?:$/.test(page.protocol) ? { host: page.hostname, path: page.pathname.toLowerCase() } : null;
}

/** `news.example`, `news.example/sport`, `news.example/sport/tennis`. */
function prefixesOf(host: string, path: string): string[] {
  const segments = path
    .split("/")
    .filter((segment) => segment !== "")
    .slice(0, MOST_SEGMENTS);
  let prefix = host;
  return [prefix, ...segments.map((segment) => (prefix += `/${segment}`))];
}

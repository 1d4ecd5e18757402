// Who may ask for which placement: the site key of a request, verified, and what it opens.
import { readSiteKey, type SiteKeyClaims } from "../../shared/access/site-key.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** Codes of requests that are refused for their key. */
export type SiteKeyRefusal =
  | "site_key_missing"
  | "site_key_malformed"
  | "site_key_forged"
  | "site_key_expired"
  | "site_key_wrong_site";

const DETAILS: Readonly<Record<SiteKeyRefusal, string>> = {
  site_key_missing: "send the site's key, as `authorization: Bearer sk1...` or as ?key=",
  site_key_malformed: "not a site key; send one as `npm run catalog -- site-key SITE` printed it",
  site_key_forged: "not signed with this Worker's secret; ask for a new key",
  site_key_expired: "the key has expired; ask for a new one",
  site_key_wrong_site: "the key is of another site than the placement; use that site's own",
};

const refuse = (code: SiteKeyRefusal, path: string): CodedError => new CodedError(code, path, DETAILS[code]);

/** Most keys that an isolate remembers; only authentic ones are, so that nobody else's can push them out. */
const MAX_REMEMBERED = 500;

/** What a valid key says. Throws `CodedError`: `site_key_malformed`, `site_key_forged`, `site_key_expired`. */
export type OpenSiteKey = (text: string, nowMs: number) => Promise<SiteKeyClaims>;

/** Opens site keys: the signature of each once an isolate, its expiry each time. */
export function createSiteKeyOpener(key: CryptoKey | Promise<CryptoKey>): OpenSiteKey {
  const remembered = new Map<string, SiteKeyClaims>();
  return async (text, nowMs) => {
    const claims = remembered.get(text) ?? (await verify(text, await key));
    if (!remembered.has(text)) remember(remembered, text, claims);
    if (claims.expiresMs !== null && nowMs >= claims.expiresMs) throw refuse("site_key_expired", "");
    return claims;
  };
}

async function verify(text: string, key: CryptoKey): Promise<SiteKeyClaims> {
  const { claims, failure } = await readSiteKey(text, key);
  if (failure) throw refuse(failure, "");
  return claims;
}

function remember(remembered: Map<string, SiteKeyClaims>, text: string, claims: SiteKeyClaims): void {
  const [oldest] = remembered.keys();
  if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  remembered.set(text, claims);
}

/** The text of a request's key: of `authorization: Bearer`, else of `?key=`; null where it has neither. */
export function findSiteKey(request: Request): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  return bearer ?? new URL(request.url).searchParams.get("key");
}

/** What the request's key says; null where it has none. One that is sent must be valid, whether it is needed or not. */
export async function readRequestKey(request: Request, open: OpenSiteKey, nowMs: number): Promise<SiteKeyClaims | null> {
  const text = findSiteKey(request);
  return text === null ? null : open(text, nowMs);
}

/**
 * Passes where every placement is of nobody (null) or of the key's own site. `siteIds` in the order of the request's placements.
 * Throws `CodedError`: `site_key_missing`, `site_key_wrong_site`.
 */
export function requireSite(claims: SiteKeyClaims | null, siteIds: readonly (string | null)[]): void {
  for (const [index, siteId] of siteIds.entries()) {
    if (siteId === null || siteId === claims?.siteId) continue;
    throw refuse(claims ? "site_key_wrong_site" : "site_key_missing", `placements[${index}].id`);
  }
}

/** Passes with the key of any site. Throws `CodedError` `site_key_missing`. */
export function requireAnySite(claims: SiteKeyClaims | null): SiteKeyClaims {
  if (!claims) throw refuse("site_key_missing", "");
  return claims;
}

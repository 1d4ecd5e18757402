// Site keys: stateless signed texts that open the placements of one site. `sk1.<claims in base64url>.<mac>`.
import * as v from "valibot";
import { Id, TimeMs } from "../catalog/parts.ts";
import { strictObject } from "../schemas/objects.ts";
import { decodeTextBase64Url, encodeTextBase64Url } from "./base64url.ts";
import { openText, signText } from "./signed-text.ts";

const PREFIX = "sk1.";

/** Longest text that is looked at; ours have about 200 characters. */
const MAX_LENGTH = 1000;

/** `expiresMs` null never expires: such a key ends with the secret. */
export const SiteKeyClaims = strictObject({ siteId: Id, issuedMs: TimeMs, expiresMs: v.nullable(TimeMs) });
export type SiteKeyClaims = v.InferOutput<typeof SiteKeyClaims>;

export type ReadSiteKey =
  | { readonly claims: SiteKeyClaims; readonly failure: null }
  | { readonly claims: null; readonly failure: "site_key_malformed" | "site_key_forged" };

/**
 * The same claims and secret give the same key.
 *
 * @example await issueSiteKey({ siteId: "news", issuedMs: Date.now(), expiresMs: null }, await importHmacKey("a secret"));
 */
export function issueSiteKey({ siteId, issuedMs, expiresMs }: SiteKeyClaims, key: CryptoKey): Promise<string> {
  return signText(PREFIX + encodeTextBase64Url(JSON.stringify({ siteId, issuedMs, expiresMs })), key);
}

/**
 * What an authentic key says; whether it has expired is for the reader to ask. The prefix is signed too, so that no other text under the
 * same secret is a key.
 *
 * @example const { claims, failure } = await readSiteKey(text, key);
 */
export async function readSiteKey(text: string, key: CryptoKey): Promise<ReadSiteKey> {
  if (!text.startsWith(PREFIX) || text.length > MAX_LENGTH) return { claims: null, failure: "site_key_malformed" };
  const { body, failure } = await openText(text, key);
  if (failure) return { claims: null, failure: `site_key_${failure}` };
  const { success, output } = v.safeParse(SiteKeyClaims, parseJson(decodeTextBase64Url(body.slice(PREFIX.length)) ?? ""));
  return success ? { claims: output, failure: null } : { claims: null, failure: "site_key_malformed" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no JSON is no claims
  }
}

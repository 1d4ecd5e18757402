// Text under an HMAC-SHA-256 (RFC 2104): `body.mac`, the mac in base64url. Site keys and tracking tokens are such texts.
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import { borrowUtf8 } from "./borrowed-utf8.ts";

/** Why a text is not taken. */
export type SignedTextFailure = "malformed" | "forged";
export type OpenedText =
  | { readonly body: string; readonly failure: null }
  | { readonly body: null; readonly failure: SignedTextFailure };

const MAC_BYTES = 32;
const utf8 = new TextEncoder();

/**
 * The key that signs and verifies, from a secret (any UTF-8 text).
 *
 * @example const key = await importHmacKey("a secret");
 */
export function importHmacKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

/**
 * The same body and key give the same text.
 *
 * @example await signText("sk1.eyJ9", key); // "sk1.eyJ9.4f1c..."
 */
export async function signText(body: string, key: CryptoKey): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", key, borrowUtf8(body));
  return `${body}.${encodeBase64Url(new Uint8Array(mac))}`;
}

/**
 * The body of a text that was signed with the key. Nothing of it is looked at before.
 *
 * @example const { body, failure } = await openText(text, key);
 */
export async function openText(text: string, key: CryptoKey): Promise<OpenedText> {
  const at = text.lastIndexOf(".");
  const mac = decodeBase64Url(text.slice(at + 1));
  if (at < 1 || mac?.length !== MAC_BYTES) return { body: null, failure: "malformed" };
  const body = text.slice(0, at);
  const authentic = await crypto.subtle.verify("HMAC", key, mac, borrowUtf8(body));
  return authentic ? { body, failure: null } : { body: null, failure: "forged" };
}

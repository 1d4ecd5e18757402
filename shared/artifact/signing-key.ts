// A publisher's private key: Ed25519 in PKCS #8, as `keygen` writes it, imported wherever something is signed.
import { CodedError } from "../schemas/coded-error.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { keyIdOf, type SigningKey } from "./envelope.ts";

/** `publicKey` is base64 of the raw public key: what PUBLIC_KEYS lists. */
export interface ImportedKey {
  readonly signing: SigningKey;
  readonly publicKey: string;
}

/**
 * Takes PEM, or the base64 inside it. Throws `CodedError` `key_malformed`, whose path is `source`.
 *
 * @example const { signing } = await importSigningKey(env.SIGNING_KEY, "SIGNING_KEY");
 */
export async function importSigningKey(text: string, source: string): Promise<ImportedKey> {
  const der = decodeBase64(text.replace(/-----[A-Z ]+-----|\s/g, ""));
  const { key, raw } = await importPkcs8(der ?? new Uint8Array(), source);
  return { signing: { keyId: await keyIdOf(raw), privateKey: key }, publicKey: encodeBase64(raw) };
}

/** The public key is not asked for by itself: it is a part of the private one as JSON Web Key (RFC 8037). */
async function importPkcs8(der: Uint8Array<ArrayBuffer>, source: string): Promise<{ key: CryptoKey; raw: Uint8Array }> {
  try {
    const readable = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
    const { x } = (await crypto.subtle.exportKey("jwk", readable)) as { readonly x?: string }; // "jwk" gives an object, never bytes
    const raw = decodeBase64((x ?? "").replaceAll("-", "+").replaceAll("_", "/").padEnd(44, "="));
    if (raw?.length !== 32) throw new Error("a key without its public half");
    return { key: await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]), raw };
  } catch (cause) {
    const detail = "expected an Ed25519 private key in PKCS #8, as `npm run artifact -- keygen` writes it";
    throw new CodedError("key_malformed", source, detail, undefined, { cause });
  }
}

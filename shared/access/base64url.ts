// Base64url without padding (RFC 4648, section 5): bytes and texts as they stand in URLs and headers.
import { decodeBase64, encodeBase64 } from "../artifact/base64.ts";
import { borrowUtf8 } from "./borrowed-utf8.ts";

/** Engines since ES2026 do it themselves, in a quarter of the time; Node 22 does not. */
interface NativeBytes {
  readonly toBase64?: (options: { readonly alphabet: "base64url"; readonly omitPadding: true }) => string;
}

const NATIVE = { alphabet: "base64url", omitPadding: true } as const;
const fromUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * @example encodeBase64Url(new Uint8Array([251, 255])); // "-_8"
 */
export function encodeBase64Url(bytes: Uint8Array): string {
  const native = bytes as NativeBytes; // TypeScript's library does not have it yet
  if (native.toBase64) return native.toBase64(NATIVE);
  return encodeBase64(bytes).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * The bytes, or null where the text is not base64url in its one canonical spelling: nothing that we sign has a second form.
 *
 * @example decodeBase64Url("-_8"); // Uint8Array [251, 255]
 */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const padded = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .padEnd(Math.ceil(text.length / 4) * 4, "=");
  const bytes = text.length % 4 === 1 ? null : decodeBase64(padded);
  return bytes !== null && encodeBase64Url(bytes) === text ? bytes : null;
}

/**
 * A text's UTF-8.
 *
 * @example encodeTextBase64Url('{"a":1}'); // "eyJhIjoxfQ"
 */
export function encodeTextBase64Url(text: string): string {
  return encodeBase64Url(borrowUtf8(text));
}

/**
 * The text, or null where it is none: neither canonical base64url nor UTF-8.
 *
 * @example decodeTextBase64Url("eyJhIjoxfQ"); // '{"a":1}'
 */
export function decodeTextBase64Url(text: string): string | null {
  const bytes = decodeBase64Url(text);
  try {
    return bytes && fromUtf8.decode(bytes);
  } catch {
    return null; // all that it throws is that this is no UTF-8
  }
}

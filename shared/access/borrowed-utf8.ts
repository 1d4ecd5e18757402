// UTF-8 that is read once and forgotten: it is written into the same room each time, because a new buffer takes longer to make than to fill.

/** A JavaScript string has at most three bytes for each of its characters. */
const MOST_BYTES_EACH = 3;

const utf8 = new TextEncoder();
const room = new Uint8Array(8192);

/**
 * A text's UTF-8, which holds until the next call: for whoever reads it before anything else runs, or copies it, as Web Crypto does.
 *
 * @example const mac = await crypto.subtle.sign("HMAC", key, borrowUtf8("a text"));
 */
export function borrowUtf8(text: string): Uint8Array<ArrayBuffer> {
  const mostBytes = text.length * MOST_BYTES_EACH;
  const bytes = mostBytes <= room.length ? room : new Uint8Array(mostBytes);
  return bytes.subarray(0, utf8.encodeInto(text, bytes).written);
}

// MurmurHash3, x86 32-bit, over UTF-8 bytes: spreads features over hash spaces and subjects over buckets.

/**
 * Version of `hashText`. Feature maps and experiments name it; a published version is never edited, only joined by another.
 */
export const HASH_VERSION = 1;

const utf8 = new TextEncoder();
let scratch = new Uint8Array(1024);

/**
 * The hash of a text's UTF-8 bytes, an unsigned 32-bit integer. Unpaired surrogates hash as U+FFFD, as in `TextEncoder`.
 *
 * Follows MurmurHash3_x86_32 by Austin Appleby (public domain, https://github.com/aappleby/smhasher).
 *
 * @param seed unsigned 32-bit integer; different seeds give unrelated hashes
 * @example hashText("hello"); // 613153351
 */
export function hashText(text: string, seed = 0): number {
  const size = writeUtf8(text);
  const tail = size & ~3;
  let hash = seed | 0;
  for (let i = 0; i < tail; i += 4) {
    hash ^= scramble(byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = size - 1; i >= tail; i--) rest = (rest << 8) | byte(i);
  return finish(hash ^ scramble(rest) ^ size);
}

const byte = (index: number): number => scratch[index] as number; // index is below the size just written

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function finish(mixed: number): number {
  let hash = mixed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Fills `scratch`, without allocating; ASCII, which most ids are, stays clear of the slower call into the runtime. */
function writeUtf8(text: string): number {
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 6);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return utf8.encodeInto(text, scratch).written;
    scratch[i] = code;
  }
  return text.length;
}

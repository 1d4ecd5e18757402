// Columns of numbers in JSON: base64 of their little-endian IEEE 754 bytes, exact, and far cheaper to write than digits.
import { decodeBase64, encodeBase64 } from "../artifact/base64.ts";

/** Part of JavaScript since 2025; Node 22 lacks it. */
interface NativeBase64 {
  toBase64?(): string;
}

/**
 * @example packNumbers(Float32Array.of(1)); // "AACAPw=="
 */
export function packNumbers(values: Float32Array | Float64Array): string {
  const bytes: Uint8Array & NativeBase64 = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return bytes.toBase64 ? bytes.toBase64() : encodeBase64(bytes);
}

/**
 * The numbers of a packed column, or null where the text is none.
 *
 * @example unpackFloats("AACAPw=="); // Float32Array [1]
 */
export function unpackFloats(text: string): Float32Array | null {
  const bytes = decodeBase64(text);
  return bytes && bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : null;
}

/** As `unpackFloats`, of 64 bits each. */
export function unpackDoubles(text: string): Float64Array | null {
  const bytes = decodeBase64(text);
  return bytes && bytes.length % 8 === 0 ? new Float64Array(bytes.buffer) : null;
}

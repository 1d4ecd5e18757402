// Base64: the vectors of RFC 4648, any bytes there and back, and nothing else accepted.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../shared/artifact/base64.ts";

describe("base64", () => {
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["foobar", "Zm9vYmFy"],
  ])("writes and reads %j as the RFC does", (text, expected) => {
    expect(encodeBase64(new TextEncoder().encode(text))).toBe(expected);
    expect(decodeBase64(expected)).toEqual(new TextEncoder().encode(text));
  });

  it("gives back any bytes, longer than one chunk too", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      }),
    );
    const long = Uint8Array.from({ length: 100_001 }, (_, i) => i);
    expect(decodeBase64(encodeBase64(long))).toEqual(long);
  });

  it.each(["A", "AA", "AAA", "A===", "AA=A", "-_8=", "AAAA ", "ä==="])("refuses %j", (text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});

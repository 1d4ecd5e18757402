// The feature hash equals MurmurHash3 as others implement it; the vectors come from Python's mmh3.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText } from "../../../shared/features/hash.ts";
import vectors from "../../vectors/murmur3-32.json" with { type: "json" };

describe("hashText", () => {
  it.each(vectors)("equals mmh3 on $name", ({ input, expected }) => {
    expect(hashText(input.text, input.seed)).toBe(expected);
  });

  it("is an unsigned 32-bit integer of the text and the seed alone", () => {
    const anyText = fc.string({ unit: fc.constantFrom("a", "é", "日", "🚀", "\u0000") });
    fc.assert(
      fc.property(anyText, anyText, fc.nat(), (text, other, seed) => {
        const hash = hashText(text, seed);
        hashText(other.repeat(50), seed); // a longer text in between leaves nothing behind
        expect(hash).toBe(hash >>> 0);
        expect(hashText(text, seed)).toBe(hash);
      }),
    );
  });

  it("reads unpaired surrogates as U+FFFD, as UTF-8 encoders do", () => {
    expect(hashText("a\ud800b")).toBe(hashText("a\ufffdb"));
  });
});

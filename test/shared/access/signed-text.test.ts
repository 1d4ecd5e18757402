// Signed texts and their base64url: one spelling each, golden, and forged by any change.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64Url, decodeTextBase64Url, encodeBase64Url, encodeTextBase64Url } from "../../../shared/access/base64url.ts";
import { importHmacKey, openText, signText } from "../../../shared/access/signed-text.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("base64url", () => {
  it.each([
    ["", ""],
    ["f", "Zg"],
    ["fo", "Zm8"],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg"],
    ["fooba", "Zm9vYmE"],
    ["foobar", "Zm9vYmFy"],
  ])("follows RFC 4648, section 10, without padding: %j", (text, encoded) => {
    expect(encodeBase64Url(bytesOf(text))).toBe(encoded);
    expect(decodeTextBase64Url(encoded)).toBe(text);
  });

  it("uses the URL's alphabet", () => {
    expect(encodeBase64Url(new Uint8Array([251, 255, 254]))).toBe("-__-");
    expect(decodeBase64Url("-__-")).toEqual(new Uint8Array([251, 255, 254]));
  });

  it.each(["Z", "Zg==", "Zh", "+A", "/A", "a b", "Zg\n", "é"])("does not take %j", (text) => {
    expect(decodeBase64Url(text)).toBeNull();
  });

  it("does not take bytes that are no UTF-8 for text", () => {
    expect(decodeTextBase64Url(encodeBase64Url(new Uint8Array([0xff])))).toBeNull();
  });

  it("gives back all bytes and all texts, and has one spelling for each", () => {
    const isSame = (bytes: Uint8Array, other: Uint8Array | null) => bytes.every((byte, index) => byte === other?.[index]);
    const alphabet = fc.constantFrom(..."AQgwZ-_0");
    const isOnlySpelling = (text: string, bytes: Uint8Array | null) => bytes === null || encodeBase64Url(bytes) === text;
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isSame(bytes, decodeBase64Url(encodeBase64Url(bytes)))));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => decodeTextBase64Url(encodeTextBase64Url(text)) === text));
    fc.assert(fc.property(fc.string({ unit: alphabet, maxLength: 6 }), (text) => isOnlySpelling(text, decodeBase64Url(text))));
  });
});

describe("a signed text", async () => {
  const key = await importHmacKey("a secret");

  it("stays the same for the same body and secret", async () => {
    expect(await signText("sk1.body", key)).toBe("sk1.body.WgrsiLj5NthrJcvkF7fp02xy17suynoXuOBmF8r7LyM");
  });

  it("gives back its body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (body) => {
        fc.pre(body.isWellFormed());
        expect(await openText(await signText(body, key), key)).toEqual({ body, failure: null });
      }),
      { numRuns: 50 },
    );
  });

  it("is not taken with any one character changed, or under another secret", async () => {
    const text = await signText("sk1.body", key);
    for (let index = 0; index < text.length; index++) {
      const other = text[index] === "A" ? "B" : "A";
      expect((await openText(text.slice(0, index) + other + text.slice(index + 1), key)).body, `character ${index}`).toBeNull();
    }
    expect(await openText(text, await importHmacKey("another"))).toEqual({ body: null, failure: "forged" });
  });

  it("never throws, whatever it is given", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom(..."A.b_-=é\u0000") }), async (text) => {
        expect((await openText(text, key)).body).toBeNull();
      }),
    );
  });
});

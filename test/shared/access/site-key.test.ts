// The text of a site key: golden, authentic or nothing, and never taken for another signed text.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeTextBase64Url } from "../../../shared/access/base64url.ts";
import { importHmacKey, signText } from "../../../shared/access/signed-text.ts";
import { issueSiteKey, readSiteKey } from "../../../shared/access/site-key.ts";

const claims = { siteId: "news", issuedMs: 1_764_000_000_000, expiresMs: 1_766_592_000_000 };
const key = await importHmacKey("a secret");

describe("a site key", () => {
  it("stays the same for the same claims and secret (keys in pages keep working)", async () => {
    expect(await issueSiteKey(claims, key)).toBe(
      "sk1.eyJzaXRlSWQiOiJuZXdzIiwiaXNzdWVkTXMiOjE3NjQwMDAwMDAwMDAsImV4cGlyZXNNcyI6MTc2NjU5MjAwMDAwMH0.altFWakL3cslYZCnIR3FCOo1nvGONNK6Kc8tFHuVP_0",
    );
    expect(await issueSiteKey({ ...claims, expiresMs: null }, key)).toBe(
      "sk1.eyJzaXRlSWQiOiJuZXdzIiwiaXNzdWVkTXMiOjE3NjQwMDAwMDAwMDAsImV4cGlyZXNNcyI6bnVsbH0.jJPmbeJU_VuFeMXVk8xgn1hOd9-DOsd3MOU-pGdSufk",
    );
  });

  it("gives back what was issued", async () => {
    const siteIds = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
    await fc.assert(
      fc.asyncProperty(siteIds, fc.nat(2 ** 31), fc.option(fc.nat(2 ** 31)), async (siteId, issuedMs, expiresMs) => {
        const issued = { siteId, issuedMs, expiresMs };
        expect(await readSiteKey(await issueSiteKey(issued, key), key)).toEqual({ claims: issued, failure: null });
      }),
      { numRuns: 50 },
    );
  });

  it("is none when any one character of it was changed, or one is missing or added", async () => {
    const text = await issueSiteKey(claims, key);
    for (let index = 0; index < text.length; index++) {
      const [before, after] = [text.slice(0, index), text.slice(index + 1)];
      const other = text[index] === "A" ? "B" : "A";
      for (const changed of [before + other + after, before + after, `${before}A${text.slice(index)}`]) {
        if (changed !== text) expect((await readSiteKey(changed, key)).claims, changed).toBeNull();
      }
    }
  });

  it("is forged under another secret", async () => {
    const text = await issueSiteKey(claims, await importHmacKey("another secret"));
    expect(await readSiteKey(text, key)).toEqual({ claims: null, failure: "site_key_forged" });
  });

  it.each<[string, string]>([
    ["another version", `sk2.${encodeTextBase64Url(JSON.stringify(claims))}`],
    ["what a tracking token looks like", encodeTextBase64Url(JSON.stringify(claims))],
    ["no JSON", `sk1.${encodeTextBase64Url("{")}`],
    ["no text", "sk1._w"],
    ["further fields", `sk1.${encodeTextBase64Url(JSON.stringify({ ...claims, admin: true }))}`],
    ["no id of a site", `sk1.${encodeTextBase64Url(JSON.stringify({ ...claims, siteId: "a b" }))}`],
    ["nothing", "sk1."],
  ])("is malformed with %s, even when signed", async (_, body) => {
    expect(await readSiteKey(await signText(body, key), key)).toEqual({ claims: null, failure: "site_key_malformed" });
  });

  it("is malformed when it is longer than any of ours", async () => {
    expect((await readSiteKey(`sk1.${"A".repeat(2000)}`, key)).failure).toBe("site_key_malformed");
  });

  it("never throws, whatever it is given", async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."sk1.Ab_-=é") }).map((text) => `sk1.${text}`),
    );
    await fc.assert(fc.asyncProperty(texts, async (text) => (await readSiteKey(text, key)).claims === null));
  });
});

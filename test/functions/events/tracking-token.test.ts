// Tracking tokens: only what we signed counts, each kind of event in its time.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONVERSION_LIFETIME_MS,
  IMPRESSION_LIFETIME_MS,
  openTrackingToken,
  signTrackingToken,
} from "../../../functions/events/tracking-token.ts";
import { encodeTextBase64Url } from "../../../shared/access/base64url.ts";
import { importHmacKey, signText } from "../../../shared/access/signed-text.ts";
import { exampleClaims } from "./example-claims.ts";

const CLAIMS = { ...exampleClaims, landingUrl: "https://shop.example/shoes?a=1&b=ü", issuedMs: 1_000, expiresMs: 90_000_000 };
const key = await importHmacKey("a secret");

const signJson = (json: unknown) => signText(encodeTextBase64Url(JSON.stringify(json)), key);

describe("tracking token", () => {
  it("gives back what was signed", async () => {
    const token = await signTrackingToken(CLAIMS, key);
    expect(await openTrackingToken(token, "click", key, 1_999)).toEqual({ claims: CLAIMS, failure: null });
  });

  it("stays the same for the same claims and secret (URLs already out keep working)", async () => {
    expect(await signTrackingToken({ ...exampleClaims, campaignId: null, price: null, leases: [] }, key)).toBe(
      "eyJ2IjoyLCJkZWNpc2lvbklkIjoiZC0xIiwicGxhY2VtZW50SWQiOiJ0b3AiLCJzbG90IjowLCJjcmVhdGl2ZUlkIjoic2hvZXMiLCJjYW1wYWlnbklkIjpudWxsLCJwcmljZSI6bnVsbCwibGVhc2VzIjpbXSwibGFuZGluZ1VybCI6Imh0dHBzOi8vc2hvcC5leGFtcGxlL3Nob2VzP2E9MSIsImlzc3VlZE1zIjowLCJleHBpcmVzTXMiOjg2NDAwMDAwfQ.-xc9CfCLR5gmUrseMFrW7eQkkS0ovysVg2Ce84B2sEg",
    );
  });

  it.each([
    ["impression", CLAIMS.issuedMs + IMPRESSION_LIFETIME_MS],
    ["click", CLAIMS.expiresMs],
    ["conversion", CLAIMS.issuedMs + CONVERSION_LIFETIME_MS],
  ] as const)("is expired for %s from its end on, and still says where to go", async (kind, endMs) => {
    const token = await signTrackingToken(CLAIMS, key);
    expect(await openTrackingToken(token, kind, key, endMs - 1)).toEqual({ claims: CLAIMS, failure: null });
    expect(await openTrackingToken(token, kind, key, endMs)).toEqual({ claims: CLAIMS, failure: "token_expired" });
  });

  it("is forged when any one character of it was changed", async () => {
    const token = await signTrackingToken(CLAIMS, key);
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === "A" ? "B" : "A";
      const changed = token.slice(0, index) + other + token.slice(index + 1);
      const { claims, failure } = await openTrackingToken(changed, "click", key, 1_500);
      expect(claims, `character ${index}`).toBeNull();
      expect(["token_forged", "token_malformed"]).toContain(failure);
    }
  });

  it("is forged under another secret", async () => {
    const token = await signTrackingToken(CLAIMS, await importHmacKey("another secret"));
    expect(await openTrackingToken(token, "click", key, 1_500)).toEqual({ claims: null, failure: "token_forged" });
  });

  it.each(["", ".", "a", "a.b", "a.b.c", "é.é", `${"a".repeat(10)}.${"A".repeat(44)}`])("is malformed: %j", async (text) => {
    expect(await openTrackingToken(text, "click", key, 1_500)).toEqual({ claims: null, failure: "token_malformed" });
  });

  it("never throws, whatever it is given", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (body, mac) => {
        expect((await openTrackingToken(`${body}.${mac}`, "click", key, 1_500)).claims).toBeNull();
      }),
    );
  });

  it.each([1, 3])("names an authentic version that it does not know: %j", async (v) => {
    const token = await signJson({ ...CLAIMS, v });
    expect(await openTrackingToken(token, "click", key, 1_500)).toEqual({ claims: null, failure: "token_version_unknown" });
  });

  it("never leads to anything but the web, even when signed", async () => {
    const token = await signJson({ ...CLAIMS, landingUrl: "javascript:alert(1)" });
    expect(await openTrackingToken(token, "click", key, 1_500)).toEqual({ claims: null, failure: "token_malformed" });
  });

  it.each(["sk1.e30", "e30", "no base64", "_w"])("is no other text that the same secret signed: %j", async (body) => {
    const token = await signText(body, key);
    expect(await openTrackingToken(token, "click", key, 1_500)).toEqual({ claims: null, failure: "token_malformed" });
  });
});

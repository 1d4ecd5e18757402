// Tracking tokens: only what we signed counts, once, in time.
import { encodeBase64Url } from "hono/utils/encode";
import { describe, expect, it } from "vitest";
import type { TrackingPayload } from "../../../functions/events/tracking-token.ts";
import { importTrackingKey, openTrackingToken, signTrackingToken } from "../../../functions/events/tracking-token.ts";

const CLICK: TrackingPayload = {
  v: 1,
  kind: "click",
  decisionId: "d-1",
  placementId: "top",
  creativeId: "shoes",
  landingUrl: "https://shop.example/shoes?a=1&b=ü",
  issuedMs: 1_000,
  expiresMs: 2_000,
};
const key = await importTrackingKey("a secret");

const encode = (bytes: ArrayBufferLike): string => encodeBase64Url(bytes).replace(/=+$/, "");

async function signText(text: string): Promise<string> {
  const body = encode(new TextEncoder().encode(text).buffer);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));
  return `${body}.${encode(mac)}`;
}

describe("tracking token", () => {
  it("gives back what was signed", async () => {
    const token = await signTrackingToken(CLICK, key);
    expect(await openTrackingToken(token, key, 1_999)).toEqual({ payload: CLICK, failure: null });
  });

  it("stays the same for the same payload and secret (URLs already out keep working)", async () => {
    const { landingUrl: _, ...claims } = { ...CLICK, kind: "impression" as const };
    expect(await signTrackingToken(claims, key)).toBe(
      "eyJ2IjoxLCJraW5kIjoiaW1wcmVzc2lvbiIsImRlY2lzaW9uSWQiOiJkLTEiLCJwbGFjZW1lbnRJZCI6InRvcCIsImNyZWF0aXZlSWQiOiJzaG9lcyIsImlzc3VlZE1zIjoxMDAwLCJleHBpcmVzTXMiOjIwMDB9.YlezD-D7PaQURAVwUiQtG-CUM9jPBkWVeP9LtaV3lpU",
    );
  });

  it("is expired from its expiry on, and still says where to go", async () => {
    const token = await signTrackingToken(CLICK, key);
    expect(await openTrackingToken(token, key, 2_000)).toEqual({ payload: CLICK, failure: "token_expired" });
  });

  it("is forged when any one character of it was changed", async () => {
    const token = await signTrackingToken(CLICK, key);
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === "A" ? "B" : "A";
      const { payload, failure } = await openTrackingToken(token.slice(0, index) + other + token.slice(index + 1), key, 1_500);
      expect(payload, `character ${index}`).toBeNull();
      expect(["token_forged", "token_malformed"]).toContain(failure);
    }
  });

  it("is forged under another secret", async () => {
    const token = await signTrackingToken(CLICK, await importTrackingKey("another secret"));
    expect(await openTrackingToken(token, key, 1_500)).toEqual({ payload: null, failure: "token_forged" });
  });

  it.each(["", ".", "a", "a.b", "a.b.c", "é.é", `${"a".repeat(10)}.${"A".repeat(44)}`])("is malformed: %j", async (text) => {
    expect(await openTrackingToken(text, key, 1_500)).toEqual({ payload: null, failure: "token_malformed" });
  });

  it("names an authentic version that it does not know", async () => {
    const token = await signText(JSON.stringify({ ...CLICK, v: 2 }));
    expect(await openTrackingToken(token, key, 1_500)).toEqual({ payload: null, failure: "token_version_unknown" });
  });

  it("never leads to anything but the web, even when signed", async () => {
    const token = await signText(JSON.stringify({ ...CLICK, landingUrl: "javascript:alert(1)" }));
    expect(await openTrackingToken(token, key, 1_500)).toEqual({ payload: null, failure: "token_malformed" });
  });
});

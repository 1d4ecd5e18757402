// Site keys at the edge: what a request's key opens, and each refusal with its code.
import { describe, expect, it, vi } from "vitest";
import {
  createSiteKeyOpener,
  findSiteKey,
  readRequestKey,
  requireAnySite,
  requireSite,
} from "../../../functions/access/site-key.ts";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import { issueSiteKey } from "../../../shared/access/site-key.ts";

const NOW_MS = 1_000_000;
const key = await importHmacKey("a secret");
const claims = { siteId: "news", issuedMs: NOW_MS, expiresMs: NOW_MS + 1000 };
const text = await issueSiteKey(claims, key);
const coded = (code: string, path = "") => expect.objectContaining({ code, path });

describe("a request's key", () => {
  const requestOf = (path: string, authorization?: string) =>
    new Request(`https://edge.example/${path}`, authorization === undefined ? {} : { headers: { authorization } });

  it.each([
    ["of the authorization header", requestOf("", `Bearer ${text}`), text],
    ["of the header, however its scheme is spelt", requestOf("", `bearer   ${text} `), text],
    ["of ?key=", requestOf(`?a=1&key=${text}`), text],
    ["of the header before that of ?key=", requestOf("?key=other", `Bearer ${text}`), text],
    ["of ?key=, where the header is of another scheme", requestOf(`?key=${text}`, "Basic YTpi"), text],
    ["none", requestOf(""), null],
    ["none, where the header is of another scheme", requestOf("", "Basic YTpi"), null],
    ["an empty one", requestOf("?key="), ""],
  ])("is the one %s", (_, request, found) => {
    expect(findSiteKey(request)).toBe(found);
  });

  it("is refused where it is not valid, and nothing where there is none", async () => {
    const open = createSiteKeyOpener(key);
    expect(await readRequestKey(requestOf(""), open, NOW_MS)).toBeNull();
    expect(await readRequestKey(requestOf(`?key=${text}`), open, NOW_MS)).toEqual(claims);
    await expect(readRequestKey(requestOf("?key="), open, NOW_MS)).rejects.toThrow(coded("site_key_malformed"));
  });
});

describe("opening a key", () => {
  it("says what is wrong with it", async () => {
    const open = createSiteKeyOpener(key);
    const forged = await issueSiteKey(claims, await importHmacKey("guess"));
    await expect(open("sk1.what", NOW_MS)).rejects.toThrow(coded("site_key_malformed"));
    await expect(open(forged, NOW_MS)).rejects.toThrow(coded("site_key_forged"));
    await expect(open(text, NOW_MS + 1000)).rejects.toThrow(coded("site_key_expired"));
    expect(await open(text, NOW_MS + 999)).toEqual(claims);
  });

  it("verifies a key once, and asks for its expiry each time", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const open = createSiteKeyOpener(key);
    for (const afterMs of [0, 1, 999]) await open(text, NOW_MS + afterMs);
    await expect(open(text, NOW_MS + 1000)).rejects.toThrow(coded("site_key_expired"));
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });

  it("remembers a bounded number of keys, none of them forged", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const open = createSiteKeyOpener(key);
    const guess = await importHmacKey("guess");
    await open(text, NOW_MS);
    for (let index = 0; index < 600; index++) {
      await open(await issueSiteKey({ ...claims, siteId: `s${index}` }, guess), NOW_MS).catch(() => {});
    }
    verify.mockClear();
    await open(text, NOW_MS);
    expect(verify).not.toHaveBeenCalled();
    for (let index = 0; index < 500; index++) await open(await issueSiteKey({ ...claims, siteId: `s${index}` }, key), NOW_MS);
    verify.mockClear();
    await open(text, NOW_MS);
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });
});

describe("a placement", () => {
  it("of nobody needs no key, and takes any", () => {
    requireSite(null, [null, null]);
    requireSite(claims, [null]);
  });

  it("of a site needs the key of that very site", () => {
    requireSite(claims, ["news", null, "news"]);
    expect(() => requireSite(null, [null, "news"])).toThrow(coded("site_key_missing", "placements[1].id"));
    expect(() => requireSite(claims, ["news", "shop"])).toThrow(coded("site_key_wrong_site", "placements[1].id"));
  });
});

it("an explanation needs the key of any site", () => {
  expect(requireAnySite(claims)).toBe(claims);
  expect(() => requireAnySite(null)).toThrow(coded("site_key_missing"));
});

// A creative at the door: each refusal by its code and by the path of the field.
import { describe, expect, it } from "vitest";
import { makeCreativeSafe } from "../../../functions/admin/creative-safety.ts";

const creative = {
  id: "c",
  landingUrl: "https://shop.example/",
  content: { kind: "image", imageUrl: "https://cdn.example/a.png" },
};
const problemOf = (one: unknown, root = "") =>
  makeCreativeSafe(one, root).then(
    () => null,
    ({ code, path }) => `${code} ${path}`,
  );

describe("makeCreativeSafe", () => {
  it.each<[string, string]>([
    ["javascript:alert(1)", "url_scheme_refused"],
    ["JAVASCRIPT:alert(1)", "url_scheme_refused"],
    ["data:text/html,<script>alert(1)</script>", "url_scheme_refused"],
    ["vbscript:x", "url_scheme_refused"],
    ["file:///etc/passwd", "url_scheme_refused"],
    ["ftp://shop.example/", "url_scheme_refused"],
    ["//shop.example/", "url_scheme_refused"],
    ["shop.example", "url_scheme_refused"],
    ["{clickUrl}", "url_scheme_refused"],
    ["", "url_scheme_refused"],
    ["java\tscript:alert(1)", "url_characters_refused"],
    ["https://shop.example/\u0000", "url_characters_refused"],
    ["https://shop.example/a b", "url_characters_refused"],
    ["https:\\\\shop.example", "url_characters_refused"],
    ["https://shop.example\\@evil.example/", "url_characters_refused"],
    ["https://shop.example/\u202Egnp.exe", "url_characters_refused"],
    ["https://user:password@shop.example/", "url_credentials_refused"],
    ["https://@shop.example/", "url_credentials_refused"],
    ["https://shop.example/?p={price}", "macro_unknown"],
    ["https://{placementId}.example/", "macro_misplaced"],
    ["https://shop.example:{random}/", "macro_misplaced"],
    ["https://shop.example/?to={clickUrl}", "macro_misplaced"],
    ["https://shop.example:99999/", "url_malformed"],
    ["https:///", "url_malformed"],
  ])("refuses %j for a landing page: %s", async (landingUrl, code) => {
    expect(await problemOf({ ...creative, landingUrl })).toBe(`${code} landingUrl`);
  });

  it("takes http and https, with macros behind the host", async () => {
    for (const landingUrl of [
      "https://shop.example",
      " http://shop.example:8080/a?b={decisionId}#{subjectId} ",
      "https://münchen.example/{random}",
    ]) {
      expect(await makeCreativeSafe({ ...creative, landingUrl }, "")).toEqual({ ...creative, landingUrl });
    }
  });

  it("names the field, wherever it stands", async () => {
    const imageUrl = "javascript:alert(1)";
    expect(await problemOf({ ...creative, content: { imageUrl } })).toBe("url_scheme_refused content.imageUrl");
    expect(await problemOf({ ...creative, content: { iconUrl: imageUrl } }, "creatives[3]")).toBe(
      "url_scheme_refused creatives[3].content.iconUrl",
    );
    const html = { ...creative, content: { kind: "html", html: "<script>" } };
    expect(await problemOf(html, "creatives[3]")).toBe("markup_refused creatives[3].content.html");
  });

  it("keeps of HTML what may be served", async () => {
    const html = { ...creative, content: { kind: "html", html: "<P data-x=1>a<!-- b --></P>" } };
    expect(await makeCreativeSafe(html, "")).toEqual({ ...creative, content: { kind: "html", html: "<p>a</p>" } });
  });

  it.each([null, 7, [], {}, { landingUrl: 7, content: "x" }, { content: { kind: "html", html: 7 } }])(
    "leaves %j to the schema",
    async (one) => {
      expect(await makeCreativeSafe(one, "")).toEqual(one);
    },
  );
});

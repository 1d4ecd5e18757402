// Macros: every value arrives, and none can break out of where it was put.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandHtml, expandUrl, MACROS, type MacroValues, namesIn } from "../../../functions/decision/macros.ts";

const values = {
  decisionId: "d-1",
  subjectId: "a b&c=d/../?#<\"'>",
  timestampMs: 1764201600000,
  clickUrl: "https://ads.example/v1/track/click/x.y?a=1&b=2",
};

describe("expandUrl", () => {
  it.each<[string, string]>([
    ["https://shop.example/?d={decisionId}&t={timestampMs}", "https://shop.example/?d=d-1&t=1764201600000"],
    [
      "https://shop.example/{decisionId}/x?s={subjectId}#{decisionId}",
      "https://shop.example/d-1/x?s=a%20b%26c%3Dd%2F..%2F%3F%23%3C%22%27%3E#d-1",
    ],
    ["https://shop.example/?later={clickToken}&what={price}", "https://shop.example/?later={clickToken}&what={price}"],
    ["https://{decisionId}.example/{decisionId}", "https://{decisionId}.example/d-1"],
    ["javascript:{decisionId}", "javascript:{decisionId}"],
    ["https://shop.example", "https://shop.example"],
  ])("makes of %s: %s", (template, expanded) => {
    expect(expandUrl(template, values)).toBe(expanded);
  });

  it("puts nothing in for null, and a hyphen where a path would lose a part", () => {
    expect(expandUrl("https://a.example/{subjectId}/b?s={subjectId}", { subjectId: null })).toBe("https://a.example/-/b?s=");
    expect(expandUrl("https://a.example/x/{subjectId}/.{subjectId}", { subjectId: "." })).toBe("https://a.example/x/-/.-");
  });

  it("lets no value leave its place: same site, same parts of the path, same names in the query", () => {
    const place = fc.constantFrom(...MACROS.map((name) => `{${name}}`), "a", ".", "-", "%20");
    const part = fc.array(place, { maxLength: 4 }).map((pieces) => pieces.join(""));
    const template = fc
      .tuple(part, part, part, part, part)
      .map(([a, b, query, more, fragment]) => `https://shop.example:8443/x${a}/${b}z?q=${query}&r=${more}#${fragment}`);
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("..", ".", "", "%2e%2e", "//evil.example", "\ud800", "{random}"),
    );
    fc.assert(
      fc.property(template, fc.array(value, { minLength: MACROS.length, maxLength: MACROS.length }), (text, list) => {
        const all: MacroValues = Object.fromEntries(MACROS.map((name, index) => [name, list[index]]));
        const url = new URL(expandUrl(text, all));
        expect(url.origin).toBe("https://shop.example:8443");
        expect([url.username, url.password]).toEqual(["", ""]);
        expect(url.pathname.split("/")).toHaveLength(3);
        expect([...url.searchParams.keys()]).toEqual(["q", "r"]);
        expect(namesIn(url.href)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps the value as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (subjectId) => {
        const url = new URL(expandUrl("https://a.example/?s={subjectId}", { subjectId }));
        expect(url.searchParams.get("s")).toBe(subjectId.toWellFormed());
      }),
    );
  });
});

describe("expandHtml", () => {
  it("escapes URLs, and encodes all else, in text and in attributes", () => {
    const html = '<a href="{clickUrl}" title="{subjectId}">{decisionId}</a><img src="{impressionUrl}">';
    expect(expandHtml(html, values)).toBe(
      '<a href="https://ads.example/v1/track/click/x.y?a=1&amp;b=2" title="a%20b%26c%3Dd%2F..%2F%3F%23%3C%22%27%3E">d-1</a>' +
        '<img src="{impressionUrl}">',
    );
  });

  it("lets no value end its attribute or begin a tag", async () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom('"><script>alert(1)</script>', "'onload='x", "</p><img src=x onerror=alert(1)>"),
    );
    const property = fc.asyncProperty(value, value, async (clickUrl, subjectId) => {
      const found: string[] = [];
      const element = ({ tagName, attributes }: Element) =>
        void found.push(tagName, ...[...attributes].map(([name]) => `${name}`));
      const html = expandHtml('<p title="{subjectId}"><a href="{clickUrl}">{subjectId}{clickUrl}</a></p>', {
        clickUrl,
        subjectId,
      });
      await new HTMLRewriter().on("*", { element }).transform(new Response(html)).text();
      expect(found).toEqual(["p", "title", "a", "href"]);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});

// How a request's values are spelled, and which of two sources is believed.
import { describe, expect, it } from "vitest";
import { audienceOf, domainsOf, spellPrefix } from "../../../shared/catalog/audience.ts";

describe("an audience", () => {
  it("has a page's domain with all above it, and every prefix of whole segments", () => {
    const { domains, urlPrefixes } = audienceOf({ url: "https://Sport.News.example:8443//Tennis/Open/?a=/b#c" });
    expect(domains).toEqual(["sport.news.example", "news.example", "example"]);
    expect(urlPrefixes).toEqual(["sport.news.example", "sport.news.example/tennis", "sport.news.example/tennis/open"]);
  });

  it.each(["", "news.example/sport", "ftp://news.example", "about:blank", "https://"])("has no page at %j", (url) => {
    expect(audienceOf({ url })).toMatchObject({ domains: [], urlPrefixes: [] });
  });

  it("knows the first segments of an endless path", () => {
    const { urlPrefixes } = audienceOf({ url: `https://news.example${"/a".repeat(10_000)}` });
    expect(urlPrefixes).toHaveLength(65);
  });

  it("has languages and IAB's categories with all that they are part of, each once", () => {
    expect(audienceOf({ language: "zh-Hant-TW", categories: ["IAB2-3", "IAB2-4", "Road-Trips"] })).toMatchObject({
      languages: ["zh-hant-tw", "zh-hant", "zh"],
      categories: ["iab2-3", "iab2", "iab2-4", "road-trips"],
    });
  });

  it("believes what is said before what is shown, the place and the device each as a whole", () => {
    const shown = { geo: { country: "DE", region: "DE-BE" }, device: { type: "desktop", os: "Linux" }, language: "de" };
    const said = { geo: { country: "FR" }, device: { type: "Mobile" } };
    expect(audienceOf({ ...shown, ...said })).toMatchObject({
      countries: ["fr"],
      regions: [],
      devices: ["mobile"],
      operatingSystems: [],
      languages: ["de"],
    });
  });

  it("completes a region with its country", () => {
    expect(audienceOf({ geo: { country: "DE", region: "BE" } }).regions).toEqual(["de-be"]);
    expect(audienceOf({ geo: { region: "BE" } }).regions).toEqual(["be"]);
  });

  it("keeps keys as they are, and knows nothing of what is not said", () => {
    expect(audienceOf({ keyValues: { Team: [" Red "] } }).keyValues).toEqual(new Map([["Team", ["red"]]]));
    const { keyValues, consents, ...lists } = audienceOf({});
    expect([keyValues.size, consents.size, ...Object.values(lists)]).toEqual([0, 0, ...Array.from({ length: 12 }, () => [])]);
  });
});

it.each([
  ["-at", ["-at", ""]],
  ["de-", ["de-", "de"]],
  ["-", ["-", ""]],
])("the language %j is no trap", (language, languages) => {
  expect(audienceOf({ language }).languages).toEqual(languages);
});

it.each([
  ["https://News.example/Sport/", "news.example/sport"],
  ["news.example", "news.example"],
  ["news.example/a?b=c", "news.example/a"],
])("the prefix %j is compared as %j", (text, spelled) => {
  expect(spellPrefix(text)).toBe(spelled);
});

it("a domain is below itself and all that contain it", () => {
  expect(domainsOf("News.example.")).toEqual(["news.example.", "example.", ""]);
  expect(domainsOf("A.shop.example")).toEqual(["a.shop.example", "shop.example", "example"]);
});

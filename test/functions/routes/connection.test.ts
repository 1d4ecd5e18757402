// What a connection tells of its reader, and that it makes up nothing.
import { describe, expect, it } from "vitest";
import { type ConnectionFacts, connectionFacts } from "../../../functions/routes/connection.ts";

const AGENTS = {
  iphone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  android: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
  windows:
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
  linux: "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
  ipad: "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
};

function factsOf(headers: Record<string, string>, cf?: Record<string, unknown>, said: ConnectionFacts = {}) {
  const request = new Request("https://ads.example/v1/decisions", { headers });
  return connectionFacts(Object.defineProperty(request, "cf", { value: cf }), said);
}

describe("a connection", () => {
  it.each([
    ["mobile", "iOS", "Safari", AGENTS.iphone],
    ["mobile", "Android", "Chrome", AGENTS.android],
    ["desktop", "Windows", "Microsoft Edge", AGENTS.windows],
    ["desktop", "Linux", "Firefox", AGENTS.linux],
    ["tablet", "iOS", "Safari", AGENTS.ipad],
  ])("shows a %s with %s and %s", (type, os, browser, agent) => {
    expect(factsOf({ "user-agent": agent })).toEqual({ device: { type, os, browser } });
    expect(factsOf({ "user-agent": agent })).toEqual({ device: { type, os, browser } }); // and from memory
  });

  it("believes Client Hints before the User-Agent", () => {
    const hints = { "sec-ch-ua-platform": '"Chrome OS"', "sec-ch-ua-mobile": "?0" };
    expect(factsOf({ "user-agent": AGENTS.linux, ...hints }).device).toEqual({
      type: "desktop",
      os: "Chrome OS",
      browser: "Firefox",
    });
    expect(factsOf({ "sec-ch-ua-platform": '"Unknown"', "sec-ch-ua-mobile": "?1" })).toEqual({ device: { type: "mobile" } });
  });

  it.each([
    ["de-AT", "de-AT,de;q=0.9,en;q=0.5"],
    ["fr", "en;q=0.5, fr"],
    ["sv", "*;q=0.9, sv;q=0.1"],
  ])("asks for %s first: %s", (language, header) => {
    expect(factsOf({ "accept-language": header })).toEqual({ language });
  });

  it("comes from somewhere", () => {
    expect(factsOf({}, { country: "DE", regionCode: "BE", city: "Berlin", asn: 1 })).toEqual({
      geo: { country: "DE", region: "DE-BE", city: "Berlin" },
    });
    expect(factsOf({}, { country: "SG" })).toEqual({ geo: { country: "SG" } });
    expect(factsOf({ referer: "https://news.example/" })).toEqual({ url: "https://news.example/" });
  });

  it("is not asked for what was said, each as a whole", () => {
    const headers = { referer: "https://news.example/", "accept-language": "de", "user-agent": AGENTS.linux };
    const said = { url: "https://shop.example/", language: "fr", geo: {}, device: { type: "tv" } };
    expect(factsOf(headers, { country: "DE" }, said)).toEqual({});
    const { url, ...rest } = said;
    expect(factsOf(headers, { country: "DE" }, rest)).toEqual({ url: "https://news.example/" });
  });

  it("makes up nothing", () => {
    const nothing = [
      factsOf({}),
      factsOf({}, { country: "T1", city: "Tor" }),
      factsOf({}, { country: "XX" }),
      factsOf({ "user-agent": "curl/8.5.0", "accept-language": "*" }),
    ];
    expect(nothing).toEqual([{}, {}, {}, {}]);
  });
});

// Who may be shown: the whole table of reasons, and sets of bits that agree with plain questions on random catalogs.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CatalogIndex, indexCatalog } from "../../../functions/catalog/catalog-index.ts";
import { screen } from "../../../functions/decision/eligibility.ts";
import { type AudienceFacts, audienceOf } from "../../../shared/catalog/audience.ts";
import type { CatalogDocument } from "../../../shared/catalog/catalog.ts";
import { DROP_REASONS } from "../../../shared/catalog/reasons.ts";
import type { Targeting } from "../../../shared/catalog/targeting.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";
import { plainReason } from "./plain-eligibility.ts";
import { catalogs, instants, requests } from "./random-eligibility.ts";

type Part<Name extends "flights" | "creatives" | "placements"> = Partial<CatalogDocument[Name][number]>;
interface Case {
  readonly flight?: Part<"flights">;
  readonly creative?: Part<"creatives">;
  readonly placement?: Part<"placements">;
  readonly paused?: string[];
  readonly request?: AudienceFacts;
}

/** A Thursday, 12:00 in Berlin. */
const NOON_MS = Date.parse("2026-11-26T11:00Z");

function indexOf({ flight, creative, placement, paused = [] }: Case): CatalogIndex {
  const status = (part: string) => (paused.includes(part) ? "paused" : "active");
  return indexCatalog(
    smallCatalog({
      sites: [{ id: "News", domain: "news.example" }],
      advertisers: [{ id: "advertiser", domain: "a.shop.example", categories: ["IAB3-1"], status: status("advertiser") }],
      campaigns: [{ id: "campaign", advertiserId: "advertiser", status: status("campaign"), timeZone: "Europe/Berlin" }],
      flights: [{ ...FLIGHT, ...flight, status: status("flight") }],
      creatives: [creativeOf("c", { ...creative, status: status("creative") })],
      placements: [{ id: "Top", siteId: "News", sizes: [SIZE], ...placement }],
    }),
  );
}

function reasonOf(some: Case, nowMs = NOON_MS): string | null {
  const index = indexOf(some);
  const placement = index.placements.get("Top") ?? null;
  const { eligible, drops } = screen(index, audienceOf(some.request ?? {}), nowMs, { explain: true })(placement);
  const reason = drops?.[0]?.reason ?? null;
  expect(eligible).toHaveLength(reason ? 0 : 1);
  expect(plainReason(index.candidates[0]!, some.request ?? {}, placement, nowMs)).toBe(reason);
  return reason;
}

const aimed = (targeting: Targeting, request: AudienceFacts = {}): Case => ({ flight: { targeting }, request });
const image = (widthPx: number, heightPx: number) => ({ creative: { content: { kind: "image" as const, widthPx, heightPx } } });
const at = (fromMinute: number, toMinute: number, weekdays = [4]) => ({
  flight: { dayParts: [{ weekdays, fromMinute, toMinute }] },
});
const page = (url: string): AudienceFacts => ({ url });

describe("a candidate is dropped, or not, for", () => {
  it.each<[string | null, string, Case]>([
    [null, "nothing", {}],
    ["advertiser_paused", "all paused", { paused: ["advertiser", "campaign", "flight", "creative"] }],
    ["campaign_paused", "a paused campaign", { paused: ["campaign", "flight", "creative"] }],
    ["flight_paused", "a paused flight", { paused: ["flight", "creative"] }],
    ["creative_paused", "a paused creative", { paused: ["creative"], ...image(1, 1) }],
    [null, "a flight that starts now", { flight: { startMs: NOON_MS } }],
    ["flight_not_started", "a flight that starts next", { flight: { startMs: NOON_MS + 1 }, ...image(1, 1) }],
    ["flight_ended", "a flight that ends now", { flight: { endMs: NOON_MS } }],
    [null, "a flight that ends next", { flight: { endMs: NOON_MS + 1 } }],
    [null, "a day part that begins now", at(720, 721)],
    ["day_part_closed", "a day part that ends now", at(0, 720)],
    ["day_part_closed", "another weekday", at(0, 1440, [0, 1, 2, 3, 5, 6])],
    [null, "its country, in another case", aimed({ countries: { anyOf: ["FR", "de"] } }, { geo: { country: "DE" } })],
    ["country_mismatch", "another country", aimed({ countries: { anyOf: ["FR"] } }, { geo: { country: "DE" } })],
    ["country_mismatch", "a country that nobody knows", aimed({ countries: { anyOf: ["FR"] } })],
    ["country_mismatch", "a country shut out", aimed({ countries: { noneOf: ["DE"] } }, { geo: { country: "DE" } })],
    [null, "no country to shut out", aimed({ countries: { noneOf: ["DE"] } })],
    [
      "country_mismatch",
      "let in and shut out",
      aimed({ countries: { anyOf: ["DE"], noneOf: ["DE"] } }, { geo: { country: "DE" } }),
    ],
    [null, "one keyword of several", aimed({ keywords: { anyOf: ["ski", "snow"] } }, { keywords: ["sun", " Snow "] })],
    [
      "keyword_mismatch",
      "one keyword too many",
      aimed({ keywords: { anyOf: ["ski"], noneOf: ["war"] } }, { keywords: ["ski", "war"] }),
    ],
    [null, "a wider language", aimed({ languages: { anyOf: ["zh-Hant"] } }, { language: "zh-Hant-TW" })],
    ["language_mismatch", "a narrower language", aimed({ languages: { anyOf: ["de-AT"] } }, { language: "de" })],
    [null, "a category's parent", aimed({ categories: { anyOf: ["IAB17"] } }, { categories: ["IAB17-2"] })],
    ["category_mismatch", "a category's child", aimed({ categories: { anyOf: ["IAB17-2"] } }, { categories: ["IAB17"] })],
    [null, "a subdomain", aimed({ domains: { anyOf: ["news.example"] } }, page("https://www.NEWS.example/"))],
    [
      "domain_mismatch",
      "a domain that only ends alike",
      aimed({ domains: { anyOf: ["news.example"] } }, page("https://fakenews.example")),
    ],
    [
      null,
      "a whole segment",
      aimed({ urlPrefixes: { anyOf: ["news.example/sport"] } }, page("https://news.example/Sport/a?b#c")),
    ],
    [
      "url_mismatch",
      "half a segment",
      aimed({ urlPrefixes: { anyOf: ["news.example/sport"] } }, page("https://news.example/sports")),
    ],
    ["url_mismatch", "a page shut out", aimed({ urlPrefixes: { noneOf: ["news.example"] } }, page("http://news.example:8080/a"))],
    [null, "a key's value", aimed({ keyValues: { team: { anyOf: ["red"] } } }, { keyValues: { team: ["blue", "Red"] } })],
    [
      "key_value_mismatch",
      "a key that is not there",
      aimed({ keyValues: { team: { anyOf: ["red"] } } }, { keyValues: { Team: ["red"] } }),
    ],
    [
      "key_value_mismatch",
      "one of two keys",
      aimed({ keyValues: { team: { anyOf: ["red"] }, age: { noneOf: ["1"] } } }, { keyValues: { team: ["red"], age: ["1"] } }),
    ],
    ["consent_missing", "one of two consents", aimed({ consents: ["ads", "profile"] }, { consents: ["ads"] })],
    [null, "both consents", aimed({ consents: ["ads", "profile"] }, { consents: ["profile", "ads", "more"] })],
    ["site_mismatch", "another site", aimed({ sites: { anyOf: ["Blog"] } })],
    [null, "its site and placement", aimed({ sites: { anyOf: ["news"] }, placements: { anyOf: ["TOP"] } })],
    ["placement_mismatch", "a placement shut out", aimed({ placements: { noneOf: ["top"] } })],
    ["kind_mismatch", "another kind", { placement: { kinds: ["native", "html"] } }],
    [
      null,
      "a native, which has no size",
      { creative: { content: { kind: "native", title: "Shoes" } }, placement: { sizes: [] } },
    ],
    ["size_mismatch", "another width", image(301, 250)],
    ["size_mismatch", "another height", image(300, 251)],
    [null, "one of several sizes", { ...image(1, 1), placement: { sizes: [SIZE, { widthPx: 1, heightPx: 1 }] } }],
    ["advertiser_blocked", "a blocked domain", { placement: { blocks: { advertiserDomains: ["A.shop.example"] } } }],
    ["advertiser_blocked", "a blocked domain above", { placement: { blocks: { advertiserDomains: ["shop.example"] } } }],
    [null, "a blocked domain below", { placement: { blocks: { advertiserDomains: ["b.a.shop.example"] } } }],
    ["category_blocked", "the advertiser's category", { placement: { blocks: { categories: ["iab3"] } } }],
    [
      "category_blocked",
      "the creative's",
      { creative: { categories: ["Gambling"] }, placement: { blocks: { categories: ["gambling"] } } },
    ],
    ["attribute_blocked", "an attribute", { creative: { attributes: [1, 8] }, placement: { blocks: { attributes: [8] } } }],
  ])("%s: %s", (reason, _, some) => {
    expect(reasonOf(some)).toBe(reason);
  });

  it.each([
    [null, "2026-03-29T00:59Z", 119, 120], // 1:59, then 3:00
    ["day_part_closed", "2026-03-29T01:00Z", 120, 180],
    [null, "2026-03-29T01:00Z", 180, 181],
    [null, "2026-10-25T00:30Z", 150, 151], // 2:30 twice
    [null, "2026-10-25T01:30Z", 150, 151],
    ["day_part_closed", "2026-10-25T02:30Z", 150, 151],
  ])("%s: the campaign's clocks at %s, open from minute %d to %d", (reason, time, from, to) => {
    expect(reasonOf(at(from, to, [0]), Date.parse(time))).toBe(reason);
  });
});

describe("any catalog and any request", () => {
  it("drop each candidate for the reason that plain questions find, and keep the others in their order", () => {
    fc.assert(
      fc.property(catalogs, fc.array(fc.tuple(requests, instants), { minLength: 1, maxLength: 4 }), (document, asked) => {
        const index = indexCatalog(document);
        for (const [request, nowMs] of asked) {
          const forPlacement = screen(index, audienceOf(request), nowMs, { explain: true });
          for (const placement of [...index.placements.values(), null]) {
            const expected = index.candidates.map(
              (one) => [one.creativeId, plainReason(one, request, placement, nowMs)] as const,
            );
            const { eligible, drops } = forPlacement(placement);
            const found = new Map(drops?.map(({ creativeId, reason }) => [creativeId, reason]));
            expect(found.size).toBe(drops?.length);
            expect(eligible.map(({ creativeId }) => creativeId)).toEqual(
              expected.flatMap(([id, reason]) => (reason ? [] : [id])),
            );
            expect(index.candidates.map(({ creativeId }) => [creativeId, found.get(creativeId) ?? null])).toEqual(expected);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("count the drops by reason, in the order of the reasons, whether or not each is listed", () => {
    const order = Object.keys(DROP_REASONS);
    fc.assert(
      fc.property(catalogs, requests, instants, (document, request, nowMs) => {
        const index = indexCatalog(document);
        const audience = audienceOf(request);
        for (const placement of index.placements.values()) {
          const explained = screen(index, audience, nowMs, { explain: true })(placement);
          const counted = screen(index, audience, nowMs, { explain: false })(placement);
          expect(counted).toEqual({ ...explained, drops: null });
          const reasons = counted.dropped.map(({ reason }) => reason);
          expect(reasons).toEqual([...reasons].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
          for (const { reason, count } of counted.dropped) {
            expect(explained.drops?.filter((drop) => drop.reason === reason)).toHaveLength(count);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

// Random catalogs and requests over few values, so that they meet.
import fc from "fast-check";
import type { AudienceFacts } from "../../../shared/catalog/audience.ts";
import type { CatalogDocument } from "../../../shared/catalog/catalog.ts";
import { smallCatalog } from "../../small-catalog.ts";

const HOSTS = ["news.example", "sport.news.example", "blog.example"];
const PATHS = ["", "/sport", "/sport/tennis", "/sports", "/travel"];
const VALUES = {
  countries: ["DE", "fr", "US"],
  regions: ["DE-BE", "de-by"],
  cities: ["Berlin", "Paris"],
  devices: ["mobile", "desktop"],
  operatingSystems: ["ios", "android"],
  browsers: ["safari", "Chrome"],
  languages: ["de", "de-AT", "zh-Hant", "zh-Hant-TW"],
  keywords: ["ski", "Snow", "war"],
  segments: ["s1", "s2"],
  categories: ["IAB1", "IAB1-2", "IAB17", "news"],
  domains: [...HOSTS, "example"],
  urlPrefixes: HOSTS.flatMap((host) => PATHS.map((path) => host + path)),
  sites: ["s-news", "S-blog"],
  placements: ["p0", "P1", "p2"],
} satisfies Record<string, string[]>;
const KEYS = ["team", "Team", "age"];
const KEY_VALUES = ["a", "b", "C"];
const CONSENTS = ["ads", "profile"];
const SIZES = [
  { widthPx: 300, heightPx: 250 },
  { widthPx: 728, heightPx: 90 },
];
const DOMAINS = ["shop.example", "a.shop.example", "bank.example"];
const EDGES_MS = [Date.parse("2026-03-29T00:00Z"), Date.parse("2026-03-29T01:00Z"), Date.parse("2026-10-25T01:00Z")];

const some = <T>(values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const rarely = <T>(one: fc.Arbitrary<T>, outOf = 9) =>
  fc.oneof({ weight: outOf, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });
const status = fc.oneof(
  { weight: 15, arbitrary: fc.constant("active" as const) },
  { weight: 1, arbitrary: fc.constant("paused" as const) },
);
/** Without the fields that are undefined: such a field is missing in JSON. */
const json = <T>(one: fc.Arbitrary<T>) => one.map((value) => JSON.parse(JSON.stringify(value)));

const match = (values: readonly string[]) => fc.record({ anyOf: rarely(some(values), 1), noneOf: rarely(some(values), 3) });
const targeting = fc.record({
  ...Object.fromEntries(Object.entries(VALUES).map(([dimension, values]) => [dimension, rarely(match(values))])),
  keyValues: rarely(fc.dictionary(fc.constantFrom(...KEYS), match(KEY_VALUES), { maxKeys: 2 })),
  consents: rarely(some(CONSENTS)),
});
const dayPart = fc.constantFrom(
  { weekdays: [0], fromMinute: 0, toMinute: 120 },
  { weekdays: [0, 6], fromMinute: 120, toMinute: 180 },
  { weekdays: [0, 1, 2, 3, 4, 5, 6], fromMinute: 180, toMinute: 1440 },
);
const edgeMs = fc.option(fc.constantFrom(...EDGES_MS), { freq: 3 });

const index = (length: number) => fc.nat({ max: length - 1 });
const flight = fc
  .record({
    status,
    targeting,
    campaign: index(4),
    tier: index(2),
    edges: fc.tuple(edgeMs, edgeMs),
    dayParts: rarely(fc.array(dayPart)),
  })
  .map(({ campaign, tier, edges: [startMs, endMs], ...rest }) => ({
    ...rest,
    campaignId: `campaign${campaign}`,
    tierId: `tier${tier}`,
    startMs,
    endMs: startMs !== null && endMs !== null && endMs <= startMs ? startMs + 60_000 : endMs,
    price: { model: "cpm", bidMicros: 1 },
  }));

const content = fc.oneof(
  fc.constantFrom(...SIZES).map((size) => ({ kind: "image", ...size })),
  fc.constantFrom(...SIZES).map((size) => ({ kind: "html", ...size, html: "<p>" })),
  fc.constant({ kind: "native", title: "Shoes" }),
);
const creative = fc
  .record({
    status,
    content,
    flight: index(60),
    categories: rarely(some(VALUES.categories)),
    attributes: rarely(some([1, 8])),
  })
  .map(({ flight, ...rest }) => ({ ...rest, flightId: `flight${flight}`, landingUrl: "https://shop.example" }));
const placement = fc
  .record({
    site: fc.option(fc.constantFrom(...VALUES.sites)),
    sizes: rarely(fc.subarray(SIZES), 0),
    kinds: rarely(some(["image", "native", "html"] as const), 2),
    advertiserDomains: rarely(some([...DOMAINS, "example"]), 4),
    categories: rarely(some(VALUES.categories), 4),
    attributes: rarely(some([1, 8]), 4),
  })
  .map(({ site, sizes, kinds, ...blocks }) => ({ siteId: site, sizes, kinds, blocks }));

const numbered = <T extends object>(items: readonly T[], prefix: string) =>
  items.map((item, at) => ({ id: `${prefix}${at}`, ...item }));
const list = <T>(one: fc.Arbitrary<T>, length: number) => fc.array(one, { minLength: length, maxLength: length });

/** Up to 150 creatives in 60 flights of 4 campaigns. */
export const catalogs: fc.Arbitrary<CatalogDocument> = json(
  fc.record({
    advertisers: list(
      fc.record({ status, domain: fc.option(fc.constantFrom(...DOMAINS)), categories: rarely(some(VALUES.categories)) }),
      3,
    ),
    campaigns: list(fc.record({ status, timeZone: fc.constantFrom("Europe/Berlin", "UTC", "Australia/Lord_Howe") }), 4),
    flights: list(flight, 60),
    creatives: fc.array(creative, { maxLength: 150 }),
    placements: list(placement, 3),
  }),
).map(({ advertisers, campaigns, flights, creatives, placements }) => {
  const document = {
    tiers: [
      { id: "tier1", selection: "weighted" },
      { id: "tier0", selection: "auction" },
    ],
    sites: VALUES.sites.map((id) => ({ id, domain: "news.example" })),
    advertisers: numbered(advertisers, "advertiser"),
    campaigns: numbered(campaigns, "campaign").map((campaign, at) => ({ ...campaign, advertiserId: `advertiser${at % 3}` })),
    flights: numbered(flights, "flight"),
    creatives: numbered(creatives, "creative"),
    placements: numbered(placements, "p").map((one) => (one.id === "p1" ? { ...one, id: "P1" } : one)),
  };
  return smallCatalog(document as Partial<CatalogDocument>); // parses it
});

const one = (values: readonly string[]) => rarely(fc.constantFrom(...values), 1);
export const requests: fc.Arbitrary<AudienceFacts> = json(
  fc.record({
    url: one(HOSTS.flatMap((host) => PATHS.map((path) => `https://${host}${path}`))),
    keywords: rarely(some(VALUES.keywords), 1),
    segments: rarely(some(VALUES.segments), 1),
    categories: rarely(some(VALUES.categories), 1),
    keyValues: rarely(fc.dictionary(fc.constantFrom(...KEYS), some(KEY_VALUES)), 1),
    consents: rarely(some(CONSENTS), 1),
    language: one(VALUES.languages),
    geo: rarely(fc.record({ country: one(VALUES.countries), region: one(VALUES.regions), city: one(VALUES.cities) }), 1),
    device: rarely(fc.record({ type: one(VALUES.devices), os: one(VALUES.operatingSystems), browser: one(VALUES.browsers) }), 1),
  }),
);

/** Near the edges of flights, and where clocks change. */
export const instants = fc
  .tuple(fc.constantFrom(...EDGES_MS), fc.constantFrom(-3_600_000, -60_000, -1, 0, 1, 60_000, 3_600_000))
  .map(([edgeMs, offMs]) => edgeMs + offMs);

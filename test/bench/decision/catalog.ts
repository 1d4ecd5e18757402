// Catalogs of any size, and requests that meet them, drawn from a seed: popular values are named and sent more often than rare ones.
import type { AudienceFacts } from "../../../shared/catalog/audience.ts";
import { CATALOG_VERSION, Catalog, type CatalogDocument } from "../../../shared/catalog/catalog.ts";
import type { Match, Targeting } from "../../../shared/catalog/targeting.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Random } from "../../../training/engine/random.ts";

/** Shares are of flights (targeted, with a goal), of campaigns (capped, budgeted), and of creatives (capped too). */
export interface CatalogOptions {
  readonly seed: number;
  readonly campaignCount: number;
  readonly flightsPerCampaign: number;
  readonly creativesPerFlight: number;
  readonly placementCount: number;
  readonly targetedShare: number;
  readonly cappedShare: number;
  readonly budgetShare: number;
  /** 1 to 3: sponsors by lot, then the auction, then the house. */
  readonly tierCount: number;
}

/** 10,000 flights with a creative each. */
export const LARGE_CATALOG: CatalogOptions = {
  seed: 1,
  campaignCount: 5000,
  flightsPerCampaign: 2,
  creativesPerFlight: 1,
  placementCount: 20,
  targetedShare: 0.95,
  cappedShare: 0.3,
  budgetShare: 0.5,
  tierCount: 3,
};

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const COUNTRIES = [
  "US",
  "DE",
  "GB",
  "FR",
  "IT",
  "ES",
  "NL",
  "PL",
  "SE",
  "BR",
  "IN",
  "JP",
  "AU",
  "CA",
  "MX",
  "AT",
  "CH",
  "BE",
  "DK",
  "NO",
];
const VALUES = {
  countries: COUNTRIES,
  regions: COUNTRIES.flatMap((country) => names(`${country}-`, 10)),
  cities: names("city", 400),
  devices: ["mobile", "desktop", "tablet", "tv"],
  operatingSystems: ["android", "ios", "windows", "macos", "linux", "chromeos"],
  browsers: ["chrome", "safari", "edge", "firefox", "samsung internet", "opera"],
  languages: ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "ja"],
  keywords: names("keyword", 3000),
  segments: names("segment", 1000),
  categories: Array.from({ length: 26 }, (_, tier) => names(`IAB${tier + 1}-`, 12)).flat(),
  domains: names("site", 500).map((name) => `${name}.example`),
  urlPrefixes: names("site", 500).flatMap((name) => names(`${name}.example/section`, 5)),
};
const KEYS = names("key", 20);
const KEY_VALUES = names("value", 50);
const CONSENTS = names("purpose", 10);
const SIZES = [
  { widthPx: 300, heightPx: 250 },
  { widthPx: 728, heightPx: 90 },
  { widthPx: 320, heightPx: 50 },
  { widthPx: 160, heightPx: 600 },
  { widthPx: 970, heightPx: 250 },
];
const TIERS = [
  { id: "sponsors", selection: "weighted" },
  { id: "standard", selection: "auction" },
  { id: "house", selection: "auction" },
] as const;
const TIME_ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"];

/** How many flights in 100 restrict a dimension, and how many values they name at most. */
const RESTRICTIONS: Record<keyof typeof VALUES, readonly [percent: number, most: number]> = {
  countries: [60, 4],
  regions: [10, 10],
  cities: [6, 20],
  devices: [25, 2],
  operatingSystems: [10, 2],
  browsers: [5, 3],
  languages: [15, 2],
  keywords: [15, 50],
  segments: [20, 20],
  categories: [15, 15],
  domains: [10, 100],
  urlPrefixes: [5, 20],
};

/** @example const catalog = drawCatalog({ ...LARGE_CATALOG, campaignCount: 1000, flightsPerCampaign: 1 }); */
export function drawCatalog(options: CatalogOptions): Catalog {
  const random = new Random(options.seed).fork("catalog");
  const campaignIds = names("campaign", options.campaignCount);
  const flights = campaignIds.flatMap((campaignId) => {
    return names(`${campaignId}-flight`, options.flightsPerCampaign).map((id) => drawFlight(random, id, campaignId, options));
  });
  const advertiserIds = names("advertiser", Math.ceil(options.campaignCount / 4));
  const document: CatalogDocument = {
    formatVersion: CATALOG_VERSION,
    task: "ad-click",
    policy: { name: "greedy" },
    auction: { pricing: "second-price" },
    tiers: TIERS.slice(0, options.tierCount),
    sites: [{ id: "news", domain: "site0.example" }],
    advertisers: advertiserIds.map((id) => ({
      id,
      status: "active",
      domain: `${id}.example`,
      categories: [pick(random, VALUES.categories)],
    })),
    campaigns: campaignIds.map((id, index) => drawCampaign(random, id, advertiserIds[index >> 2] ?? "", options)),
    flights,
    creatives: flights.flatMap(({ id }) =>
      names(`${id}-`, options.creativesPerFlight).map((own) => drawCreative(random, own, id, options)),
    ),
    placements: names("placement", options.placementCount).map((id, index) => drawPlacement(random, id, index)),
    experiments: [],
  };
  return parse(Catalog, document, "catalog");
}

/** Requests of readers on pages, each unlike the others: `AudienceFacts` as a body has them. */
export function drawRequests(seed: number, count: number): AudienceFacts[] {
  const random = new Random(seed).fork("requests");
  return Array.from({ length: count }, () => {
    const country = pick(random, COUNTRIES);
    const site = Math.floor(random.uniform() ** 2 * 500);
    return {
      url: `https://www.site${site}.example/section${Math.floor(random.uniform() * 5)}/story?id=1`,
      keywords: several(random, VALUES.keywords, 8),
      segments: several(random, VALUES.segments, 15),
      categories: several(random, VALUES.categories, 3),
      keyValues: Object.fromEntries(several(random, KEYS, 6).map((key) => [key, [pick(random, KEY_VALUES)]])),
      consents: random.uniform() < 0.7 ? CONSENTS : [],
      language: `${pick(random, VALUES.languages)}-${country}`,
      geo: { country, region: `${country}-${Math.floor(random.uniform() * 10)}`, city: pick(random, VALUES.cities) },
      device: {
        type: pick(random, VALUES.devices),
        os: pick(random, VALUES.operatingSystems),
        browser: pick(random, VALUES.browsers),
      },
    };
  });
}

/** The first values are the popular ones. */
function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random.uniform() ** 2 * values.length)] as T; // an index below the length
}

function several<T>(random: Random, values: readonly T[], most: number): T[] {
  const count = 1 + Math.floor(random.uniform() * most);
  return [...new Set(Array.from({ length: count }, () => pick(random, values)))];
}

const inHundred = (random: Random, percent: number): boolean => random.uniform() * 100 < percent;

function drawMatch(random: Random, values: readonly string[], most: number): Match {
  return inHundred(random, 15) ? { noneOf: several(random, values, most) } : { anyOf: several(random, values, most) };
}

function drawTargeting(random: Random): Targeting {
  const lists = Object.entries(RESTRICTIONS).flatMap(([dimension, [percent, most]]) => {
    const values = VALUES[dimension as keyof typeof VALUES]; // a key of both
    return inHundred(random, percent) ? [[dimension, drawMatch(random, values, most)]] : [];
  });
  const keys = inHundred(random, 15) ? several(random, KEYS, 2) : [];
  return {
    ...Object.fromEntries(lists),
    ...(keys.length > 0 && { keyValues: Object.fromEntries(keys.map((key) => [key, drawMatch(random, KEY_VALUES, 10)])) }),
    ...(inHundred(random, 30) && { consents: several(random, CONSENTS, 3) }),
    ...(inHundred(random, 5) && { sites: { anyOf: ["news"] } }),
    ...(inHundred(random, 5) && { placements: drawMatch(random, names("placement", 20), 5) }),
  };
}

function drawFlight(random: Random, id: string, campaignId: string, options: CatalogOptions): CatalogDocument["flights"][number] {
  const model = pick(random, ["cpc", "cpm", "cpa"] as const);
  const bidMicros = Math.round((0.1 + random.uniform() ** 2 * 2) * (model === "cpm" ? 3_000_000 : 500_000));
  const dayPart = { weekdays: [1, 2, 3, 4, 5], fromMinute: 360, toMinute: 1320 };
  const goal = { totalImpressions: 1_000_000, dailyImpressions: 50_000, pacing: "even" } as const;
  return {
    id,
    campaignId,
    status: inHundred(random, 3) ? "paused" : "active",
    tierId:
      TIERS[inHundred(random, 90) ? Math.min(1, options.tierCount - 1) : Math.floor(random.uniform() * options.tierCount)]?.id ??
      "",
    startMs: inHundred(random, 50) ? Date.UTC(2026, 0, 1 + Math.floor(random.uniform() * 330)) : null,
    endMs: inHundred(random, 50) ? Date.UTC(2026, 11, 1 + Math.floor(random.uniform() * 60)) : null,
    dayParts: inHundred(random, 10) ? [dayPart] : [],
    targeting: random.uniform() < options.targetedShare ? drawTargeting(random) : {},
    price: { model, bidMicros },
    weight: 1 + Math.floor(random.uniform() * 10),
    goal: random.uniform() < options.budgetShare / 2 ? goal : null,
  };
}

function drawCampaign(
  random: Random,
  id: string,
  advertiserId: string,
  options: CatalogOptions,
): CatalogDocument["campaigns"][number] {
  const dailyMicros = 10_000_000 + Math.floor(random.uniform() * 990_000_000);
  const budget = {
    totalMicros: dailyMicros * 30,
    dailyMicros,
    pacing: pick(random, ["even", "front-loaded", "as-fast-as-possible"] as const),
  };
  return {
    id,
    advertiserId,
    status: inHundred(random, 3) ? "paused" : "active",
    timeZone: pick(random, TIME_ZONES),
    budget: random.uniform() < options.budgetShare ? budget : null,
    caps: random.uniform() < options.cappedShare ? [{ limit: 1 + Math.floor(random.uniform() * 10), windowMinutes: 1440 }] : [],
  };
}

function drawCreative(
  random: Random,
  id: string,
  flightId: string,
  options: CatalogOptions,
): CatalogDocument["creatives"][number] {
  const size = pick(random, SIZES);
  const content = pick(random, [
    { kind: "image", ...size, imageUrl: `https://images.example/${id}.png` },
    { kind: "html", ...size, html: `<a href="{clickUrl}">${id}</a>` },
    { kind: "native", title: `Offer ${id}`, sponsoredBy: "Advertiser" },
  ] as const);
  return {
    id,
    flightId,
    status: inHundred(random, 3) ? "paused" : "active",
    content,
    landingUrl: `https://shop.example/${id}`,
    categories: several(random, VALUES.categories, 2),
    attributes: inHundred(random, 10) ? [1 + Math.floor(random.uniform() * 17)] : [],
    caps: random.uniform() < options.cappedShare / 2 ? [{ limit: 3, windowMinutes: 7200 }] : [],
    features: {
      category: `c${Math.floor(random.uniform() * 6)}`,
      format: content.kind,
      brand: `b${Math.floor(random.uniform() * 50)}`,
    },
  };
}

function drawPlacement(random: Random, id: string, index: number): CatalogDocument["placements"][number] {
  const first = SIZES[index % SIZES.length];
  return {
    id,
    siteId: index % 2 === 0 ? "news" : null,
    sizes: first ? [first, pick(random, SIZES)] : [],
    floorMicros: 50_000,
    blocks: {
      advertiserDomains: several(random, names("advertiser", 1000), 20).map((name) => `${name}.example`),
      categories: several(random, VALUES.categories, 10),
      attributes: [8, 17],
    },
    features: { position: index },
  };
}

// A document as a catalog: of whatever format, parsed, and without contradictions. Everybody who takes a catalog takes it here.
import { requireFormatVersion } from "../artifact/format-version.ts";
import { CodedError, type Problem, parse } from "../schemas/coded-error.ts";
import { CATALOG_VERSION, Catalog } from "./catalog.ts";
import { upgradeCatalog } from "./catalog-1.ts";

/**
 * Parses, upgrades an older format, and checks what a schema cannot. Throws one `CodedError` with all problems: the schema's codes,
 * `catalog_version_unknown`, `flights_disjoint` (of format 1), `id_duplicate`, `tier_unknown`, `site_unknown`, `advertiser_unknown`,
 * `campaign_unknown`, `flight_unknown`, `time_zone_unknown`, `flight_empty`, `day_part_empty`.
 *
 * @example const catalog = parseCatalog(JSON.parse(text));
 */
export function parseCatalog(document: unknown): Catalog {
  const upgraded = upgradeCatalog(document);
  requireFormatVersion(upgraded, CATALOG_VERSION, "catalog");
  const catalog = parse(Catalog, upgraded, "catalog");
  const problems = findContradictions(catalog);
  const [first] = problems;
  if (first) throw new CodedError(first.code, first.path, first.detail, problems);
  return catalog;
}

/**
 * What is wrong with a catalog that passes its schema: ids that are there twice, references to nothing, zones that the runtime does not
 * know, times that never come.
 *
 * @example if (findContradictions(catalog).length === 0) publish(catalog);
 */
export function findContradictions(catalog: Catalog): Problem[] {
  return [
    ...PARTS.flatMap((part) => findDuplicates(catalog, part)),
    ...REFERENCES.flatMap((reference) => findOrphans(catalog, reference)),
    ...findUnknownZones(catalog),
    ...findEmptyTimes(catalog),
  ];
}

const PARTS = ["tiers", "sites", "advertisers", "campaigns", "flights", "creatives", "placements", "experiments"] as const;
type Part = (typeof PARTS)[number];

function findDuplicates(catalog: Catalog, part: Part): Problem[] {
  const seen = new Set<string>();
  return catalog[part].flatMap(({ id }, index) => {
    const duplicate = seen.has(id);
    seen.add(id);
    return duplicate
      ? [{ code: "id_duplicate", path: `catalog.${part}[${index}].id`, detail: `"${id}" is there twice; rename one` }]
      : [];
  });
}

interface Reference {
  readonly from: Part;
  readonly field: string;
  readonly to: Part;
  readonly code: string;
}

const REFERENCES: readonly Reference[] = [
  { from: "campaigns", field: "advertiserId", to: "advertisers", code: "advertiser_unknown" },
  { from: "flights", field: "campaignId", to: "campaigns", code: "campaign_unknown" },
  { from: "flights", field: "tierId", to: "tiers", code: "tier_unknown" },
  { from: "creatives", field: "flightId", to: "flights", code: "flight_unknown" },
  { from: "placements", field: "siteId", to: "sites", code: "site_unknown" },
];

function findOrphans(catalog: Catalog, { from, field, to, code }: Reference): Problem[] {
  const known = new Set(catalog[to].map(({ id }) => id));
  return catalog[from].flatMap((item, index) => {
    const id = (item as Readonly<Record<string, unknown>>)[field]; // one of the fields above, an id or null
    if (typeof id !== "string" || known.has(id)) return [];
    return [
      { code, path: `catalog.${from}[${index}].${field}`, detail: `there is no "${id}" in ${to}; add it, or name another` },
    ];
  });
}

function findUnknownZones({ campaigns }: Catalog): Problem[] {
  const unknown = new Set([...new Set(campaigns.map(({ timeZone }) => timeZone))].filter((zone) => !isKnownZone(zone)));
  return campaigns.flatMap(({ timeZone }, index) => {
    const detail = `"${timeZone}" is no time zone that this runtime knows; give its IANA name, as in Europe/Berlin`;
    return unknown.has(timeZone) ? [{ code: "time_zone_unknown", path: `catalog.campaigns[${index}].timeZone`, detail }] : [];
  });
}

function isKnownZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false; // a RangeError: it has no other way to say so
  }
}

function findEmptyTimes({ flights }: Catalog): Problem[] {
  return flights.flatMap(({ startMs, endMs, dayParts }, index) => {
    const path = `catalog.flights[${index}]`;
    const isEmpty = startMs !== null && endMs !== null && endMs <= startMs;
    const detail = "ends before it starts, so it would never deliver; let it end later";
    return [
      ...(isEmpty ? [{ code: "flight_empty", path: `${path}.endMs`, detail }] : []),
      ...dayParts.flatMap(({ fromMinute, toMinute }, part) => {
        if (fromMinute < toMinute) return [];
        const remedy = "ends before it starts; write one that goes past midnight as two";
        return [{ code: "day_part_empty", path: `${path}.dayParts[${part}].toMinute`, detail: remedy }];
      }),
    ];
  });
}

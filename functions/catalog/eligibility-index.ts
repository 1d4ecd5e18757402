// What flights and creatives demand, turned around: for each value the set of candidates that name it. Compiled once a catalog.
import { domainsOf, type ListDimension, spell, spellPrefix, withParentCategory } from "../../shared/catalog/audience.ts";
import { type Members, membersOf } from "../../shared/catalog/bitset.ts";
import { sizeText } from "../../shared/catalog/parts.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import type { Placement } from "../../shared/catalog/supply.ts";
import type { Match } from "../../shared/catalog/targeting.ts";
import { type Calendar, compileCalendar } from "./calendar.ts";
import type { CandidateSupply } from "./candidate-supply.ts";

/**
 * One thing that candidates restrict: all of `restricted` fail, but for those that a value lets in (`anyOf`), and whatever a value shuts
 * out (`noneOf`) fails too. Null members: nobody restricts it.
 */
export interface Restriction {
  readonly restricted: Members | null;
  readonly anyOf: ReadonlyMap<string, Members>;
  readonly noneOf: ReadonlyMap<string, Members>;
}

/** Numbers in all sets are candidates' places in the catalog's index. Dimensions that nobody restricts are left out. */
export interface EligibilityIndex {
  readonly calendar: Calendar;
  readonly lists: readonly {
    readonly reason: DropReason;
    readonly dimension: ListDimension;
    readonly restriction: Restriction;
  }[];
  readonly keyValues: ReadonlyMap<string, Restriction>;
  /** Who needs the consent to a purpose. */
  readonly consents: ReadonlyMap<string, Members>;
  /** By placement's id, and of one that the catalog does not know. */
  readonly placements: ReadonlyMap<string, readonly PlacementStep[]>;
  readonly elsewhere: readonly PlacementStep[];
}

/** What one reason takes away in one placement. `values` are those of the placement's that any candidate names. */
export interface PlacementStep {
  readonly reason: DropReason;
  readonly restriction: Restriction;
  readonly values: readonly string[];
}

/** In the order of `DROP_REASONS`, like `PLACES`. */
const LISTS: Record<ListDimension, DropReason> = {
  countries: "country_mismatch",
  regions: "region_mismatch",
  cities: "city_mismatch",
  devices: "device_mismatch",
  operatingSystems: "operating_system_mismatch",
  browsers: "browser_mismatch",
  languages: "language_mismatch",
  keywords: "keyword_mismatch",
  segments: "segment_mismatch",
  categories: "category_mismatch",
  domains: "domain_mismatch",
  urlPrefixes: "url_mismatch",
};

/** What a candidate names, and what a placement has of it; undefined where it takes all. */
interface PlaceRule {
  readonly reason: DropReason;
  readonly named: (supply: CandidateSupply) => Match | undefined;
  readonly valuesOf: (placement: Placement | null) => readonly string[] | undefined;
}

const PLACES: readonly PlaceRule[] = [
  {
    reason: "site_mismatch",
    named: ({ flight }) => flight.targeting.sites,
    valuesOf: (placement) => (placement?.siteId ? [placement.siteId] : []),
  },
  {
    reason: "placement_mismatch",
    named: ({ flight }) => flight.targeting.placements,
    valuesOf: (placement) => (placement ? [placement.id] : []),
  },
  {
    reason: "kind_mismatch",
    named: ({ creative }) => ({ anyOf: [creative.content.kind] }),
    valuesOf: (placement) => placement?.kinds,
  },
  {
    reason: "size_mismatch",
    named: ({ creative: { content } }) => (content.kind === "native" ? {} : { anyOf: [sizeText(content)] }),
    valuesOf: (placement) => placement?.sizes.map(sizeText),
  },
  {
    reason: "advertiser_blocked",
    named: ({ advertiser: { domain } }) => ({ noneOf: domain === null ? [] : domainsOf(domain) }),
    valuesOf: (placement) => placement?.blocks.advertiserDomains ?? [],
  },
  {
    reason: "category_blocked",
    named: ({ creative, advertiser }) => ({
      noneOf: [...creative.categories, ...advertiser.categories].map(spell).flatMap(withParentCategory),
    }),
    valuesOf: (placement) => placement?.blocks.categories ?? [],
  },
  {
    reason: "attribute_blocked",
    named: ({ creative }) => ({ noneOf: creative.attributes.map(String) }),
    valuesOf: (placement) => placement?.blocks.attributes?.map(String) ?? [],
  },
];

/** `supplies` in the order of the candidates that the sets speak of. */
export function compileEligibility(supplies: readonly CandidateSupply[], placements: readonly Placement[]): EligibilityIndex {
  const targetings = supplies.map(({ flight }) => flight.targeting);
  const dimensions = Object.entries(LISTS) as [ListDimension, DropReason][]; // the keys of a constant
  const lists = dimensions.map(([dimension, reason]) => {
    const spelled = dimension === "urlPrefixes" ? spellPrefix : spell;
    return {
      reason,
      dimension,
      restriction: compile(
        targetings.map((one) => one[dimension]),
        spelled,
      ),
    };
  });
  const keys = new Set(targetings.flatMap(({ keyValues }) => Object.keys(keyValues ?? {})));
  const places = PLACES.map((rule) => ({ rule, restriction: compile(supplies.map(rule.named)) }));
  const stepsOf = (placement: Placement | null) =>
    places.flatMap(({ rule, restriction }) => toStep(rule, restriction, placement));
  return {
    calendar: compileCalendar(supplies),
    lists: lists.filter(({ restriction: { restricted, noneOf } }) => restricted !== null || noneOf.size > 0),
    keyValues: new Map([...keys].map((key) => [key, compile(targetings.map(({ keyValues }) => keyValues?.[key]))])),
    consents: compile(targetings.map(({ consents }) => (consents ? { anyOf: consents } : {}))).anyOf,
    placements: new Map(placements.map((placement) => [placement.id, stepsOf(placement)])),
    elsewhere: stepsOf(null),
  };
}

/** Nothing where no candidate can fail. */
function toStep({ reason, valuesOf }: PlaceRule, restriction: Restriction, placement: Placement | null): PlacementStep[] {
  const all = valuesOf(placement);
  if (all === undefined) return [];
  const values = all.map(spell).filter((value) => restriction.anyOf.has(value) || restriction.noneOf.has(value));
  return restriction.restricted === null && values.length === 0 ? [] : [{ reason, restriction, values }];
}

function compile(matches: readonly (Match | undefined)[], spelled = spell): Restriction {
  const restricted = matches.flatMap((match, index) => (match?.anyOf ? [index] : []));
  return {
    restricted: restricted.length > 0 ? membersOf(restricted, matches.length) : null,
    anyOf: invert(
      matches.map((match) => match?.anyOf ?? []),
      spelled,
    ),
    noneOf: invert(
      matches.map((match) => match?.noneOf ?? []),
      spelled,
    ),
  };
}

function invert(values: readonly (readonly string[])[], spelled: (text: string) => string): ReadonlyMap<string, Members> {
  const found = new Map<string, number[]>();
  values.forEach((texts, index) => {
    for (const value of new Set(texts.map(spelled))) {
      const numbers = found.get(value);
      if (numbers) numbers.push(index);
      else found.set(value, [index]);
    }
  });
  return new Map([...found].map(([value, numbers]) => [value, membersOf(numbers, values.length)]));
}

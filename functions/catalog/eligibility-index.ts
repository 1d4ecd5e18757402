// What flights and creatives demand, turned around: for each value the set of candidates that name it. Compiled once a catalog.
import { domainsOf, type ListDimension, spell, spellPrefix, withParentCategory } from "../../shared/catalog/audience.ts";
import { type Bits, createBits, type Members, toMembers } from "../../shared/catalog/bitset.ts";
import { sizeText } from "../../shared/catalog/parts.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { assignFailed, compileRestriction, isUsed, type Restriction } from "../../shared/catalog/restriction.ts";
import type { Placement } from "../../shared/catalog/supply.ts";
import type { Match, Targeting } from "../../shared/catalog/targeting.ts";
import { type Calendar, compileCalendar } from "./calendar.ts";
import type { CandidateSupply } from "./candidate-supply.ts";

/** Numbers in all sets are candidates' places in the catalog's index. Dimensions that nobody restricts are left out. */
export interface EligibilityIndex {
  readonly calendar: Calendar;
  readonly lists: readonly ListStep[];
  readonly keyValues: readonly KeyStep[];
  readonly consents: readonly ConsentStep[];
  /** What a placement takes away, the same for all requests; null is one that the catalog does not know. */
  stepsOf(placement: Placement | null): readonly PlacementStep[];
  /** Sets to work in: nothing in them outlives the call that fills them. Making new ones took as long as all the rest. */
  readonly room: { readonly alive: Bits; readonly aliveInPlacement: Bits; readonly failed: Bits; readonly failedKey: Bits };
}

interface ListStep {
  readonly reason: DropReason;
  readonly dimension: ListDimension;
  readonly restriction: Restriction;
}

interface KeyStep {
  readonly key: string;
  readonly restriction: Restriction;
}

/** Who needs the consent to a purpose. */
interface ConsentStep {
  readonly purpose: string;
  readonly needing: Members;
}

export interface PlacementStep {
  readonly reason: DropReason;
  readonly failed: Members;
}

/** Of most placements what they take away is kept: with 10,000 candidates that is a few KiB each. */
const MOST_KEPT = 1000;

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
export function compileEligibility(supplies: readonly CandidateSupply[]): EligibilityIndex {
  const targetings = supplies.map(({ flight }) => flight.targeting);
  const keys = new Set(targetings.flatMap(({ keyValues }) => Object.keys(keyValues ?? {})));
  const restrictionOf = (key: string) =>
    compileRestriction(
      targetings.map(({ keyValues }) => keyValues?.[key]),
      spell,
    );
  const consents = targetings.map((targeting) => (targeting.consents ? { anyOf: targeting.consents } : undefined));
  const createRoom = () => createBits(supplies.length);
  return {
    calendar: compileCalendar(supplies),
    lists: compileLists(targetings),
    keyValues: [...keys].map((key) => ({ key, restriction: restrictionOf(key) })),
    consents: [...compileRestriction(consents, spell).named].flatMap(([purpose, { anyOf }]) =>
      anyOf ? { purpose, needing: anyOf } : [],
    ),
    stepsOf: keepSteps(compilePlaces(supplies)),
    room: { alive: createRoom(), aliveInPlacement: createRoom(), failed: createRoom(), failedKey: createRoom() },
  };
}

function compileLists(targetings: readonly Targeting[]): ListStep[] {
  const dimensions = Object.entries(LISTS) as [ListDimension, DropReason][]; // the keys of a constant
  const steps = dimensions.map(([dimension, reason]) => {
    const matches = targetings.map((targeting) => targeting[dimension]);
    return { reason, dimension, restriction: compileRestriction(matches, dimension === "urlPrefixes" ? spellPrefix : spell) };
  });
  return steps.filter(({ restriction }) => isUsed(restriction));
}

type FindSteps = (placement: Placement | null) => PlacementStep[];

function compilePlaces(supplies: readonly CandidateSupply[]): FindSteps {
  const places = PLACES.map((rule) => ({ rule, restriction: compileRestriction(supplies.map(rule.named), spell) }));
  const used = places.filter(({ restriction }) => isUsed(restriction));
  const failed = createBits(supplies.length);
  return (placement) =>
    used.flatMap(({ rule, restriction }) => {
      const values = rule.valuesOf(placement);
      if (values === undefined) return [];
      assignFailed(failed, restriction, values.map(spell));
      const members = toMembers(failed);
      return members.list?.length === 0 ? [] : { reason: rule.reason, failed: members };
    });
}

/** A placement's are found when it is first asked for. Where there are very many placements, the first one kept makes room. */
function keepSteps(find: FindSteps): FindSteps {
  const kept = new Map<Placement | null, PlacementStep[]>();
  return (placement) => {
    const known = kept.get(placement);
    if (known) return known;
    const steps = find(placement);
    const [first] = kept.keys();
    if (kept.size >= MOST_KEPT && first !== undefined) kept.delete(first);
    kept.set(placement, steps);
    return steps;
  };
}

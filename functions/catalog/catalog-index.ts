// The catalog snapshot, indexed once when it is loaded, so that a decision looks nothing up twice.
import type { Channel } from "../../shared/artifact/manifest.ts";
import type { Auction, Catalog, Tier } from "../../shared/catalog/catalog.ts";
import { parseCatalog } from "../../shared/catalog/check-catalog.ts";
import type { CreativeContent } from "../../shared/catalog/creative.ts";
import type { Flight } from "../../shared/catalog/demand.ts";
import type { Experiment } from "../../shared/catalog/experiment.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { Placement, Site } from "../../shared/catalog/supply.ts";
import type { Features } from "../../shared/schemas/features.ts";
import { moneyTerms, type Terms } from "../ledger/account.ts";
import type { CandidateSupply } from "./candidate-supply.ts";
import { compileEligibility, type EligibilityIndex } from "./eligibility-index.ts";
import { limitsOf } from "./limits.ts";

/**
 * A creative that may be shown. `features` are what the model sees, the same object in every request; `supply` is null, and `content`
 * may be missing, where the request brought the creative along.
 */
export interface Candidate {
  readonly creativeId: string;
  readonly landingUrl: string;
  readonly imageUrl: string | undefined;
  readonly content: CreativeContent | undefined;
  readonly features: Features;
  readonly supply: CandidateSupply | null;
}

/** What clicks and conversions of a campaign are charged on; `money` is null where it has no budget. */
export interface ChargedCampaign {
  readonly timeZone: string;
  readonly money: Terms | null;
}

/** `candidates` are in the order of their tiers, then of the catalog. */
export interface CatalogIndex {
  readonly task: string;
  readonly conversionTask: string | null;
  readonly policy: Policy;
  readonly auction: Auction;
  readonly tiers: readonly Tier[];
  readonly experiments: readonly Experiment[];
  readonly sites: ReadonlyMap<string, Site>;
  readonly placements: ReadonlyMap<string, Placement>;
  readonly campaigns: ReadonlyMap<string, ChargedCampaign>;
  readonly candidates: readonly Candidate[];
  readonly eligibility: EligibilityIndex;
  /** For each of the catalog's accounts, by its number, its place among those of one decision: see `Needs`. Room to work in, as the index has. */
  readonly accountPlaces: Int32Array;
  /** Every channel that a decision may be served from: `stable`, and those of the experiments' arms. */
  readonly channels: readonly Channel[];
}

/** Parses, checks and indexes. Throws `CodedError` with the codes of `parseCatalog`. */
export function indexCatalog(document: unknown): CatalogIndex {
  const catalog = parseCatalog(document);
  const { task, conversionTask, policy, auction, tiers, experiments } = catalog;
  const numberOf = createNumbering();
  const supplies = toSupplies(catalog, numberOf);
  const armChannels = experiments.flatMap(({ arms }) => arms.flatMap(({ channel }) => channel ?? []));
  return {
    task,
    conversionTask,
    policy,
    auction,
    tiers,
    experiments,
    sites: indexById(catalog.sites),
    placements: indexById(catalog.placements),
    campaigns: toCharged(catalog),
    candidates: supplies.map(toCandidate),
    eligibility: compileEligibility(supplies),
    accountPlaces: new Int32Array(supplies.reduce((sum, { accounts }) => sum + accounts.length, 0)),
    channels: [...new Set<Channel>(["stable", ...armChannels])],
  };
}

/** What is served from while no catalog was ever loaded: candidates can only come with the request. */
export const EMPTY_CATALOG: CatalogIndex = {
  task: "ad-click",
  conversionTask: null,
  policy: { name: "greedy" },
  auction: { pricing: "first-price", qualityExponent: 1 },
  tiers: [],
  experiments: [],
  sites: new Map(),
  placements: new Map(),
  campaigns: new Map(),
  candidates: [],
  eligibility: compileEligibility([]),
  accountPlaces: new Int32Array(0),
  channels: ["stable"],
};

/** In the order of the tiers, then of the catalog. */
function toSupplies(
  { tiers, advertisers, campaigns, flights, creatives }: Catalog,
  numberOf: (accountKey: string) => number,
): CandidateSupply[] {
  const ranks = new Map(tiers.map(({ id }, rank) => [id, rank]));
  const advertiserOf = finder(advertisers);
  const campaignOf = finder(campaigns);
  const flightOf = finder(flights);
  const ends = lastEnds(flights);
  const endOf = (campaignId: string) => ends.get(campaignId) ?? null;
  const supplies = creatives.map((creative): CandidateSupply => {
    const flight = flightOf(creative.flightId);
    const campaign = campaignOf(flight.campaignId);
    const advertiser = advertiserOf(campaign.advertiserId);
    const tierRank = ranks.get(flight.tierId) ?? 0; // a checked catalog has it
    const limits = limitsOf(creative, flight, campaign, advertiser, endOf(campaign.id), numberOf);
    return { creative, flight, campaign, advertiser, tierRank, price: { ...flight.price }, ...limits };
  });
  return supplies.sort((a, b) => a.tierRank - b.tierRank);
}

/** Numbers keys from 0, in the order in which they are met. */
function createNumbering(): (key: string) => number {
  const numbers = new Map<string, number>();
  return (key) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
}

function toCharged({ campaigns, flights }: Catalog): ReadonlyMap<string, ChargedCampaign> {
  const ends = lastEnds(flights);
  return new Map(
    campaigns.map(({ id, timeZone, budget }) => {
      return [id, { timeZone, money: budget && moneyTerms(budget, ends.get(id) ?? null) }];
    }),
  );
}

/** When the last flight of each campaign ends; null where one never does. */
function lastEnds(flights: readonly Flight[]): ReadonlyMap<string, number | null> {
  const ends = new Map<string, number | null>();
  for (const { campaignId, endMs } of flights) {
    const known = ends.get(campaignId);
    ends.set(campaignId, known === undefined ? endMs : known === null || endMs === null ? null : Math.max(known, endMs));
  }
  return ends;
}

function toCandidate(supply: CandidateSupply): Candidate {
  const { creative, flight, campaign, advertiser } = supply;
  const { id, landingUrl, content } = creative;
  const ids = { creativeId: id, flightId: flight.id, campaignId: campaign.id, advertiserId: advertiser.id };
  const imageUrl = content.kind === "html" ? undefined : content.imageUrl;
  return { creativeId: id, landingUrl, imageUrl, content, features: { ...creative.features, ...ids }, supply };
}

const indexById = <Item extends { readonly id: string }>(items: readonly Item[]): ReadonlyMap<string, Item> =>
  new Map(items.map((item) => [item.id, item]));

/** Looks up what a checked catalog is known to have. */
function finder<Item extends { readonly id: string }>(items: readonly Item[]): (id: string) => Item {
  const index = indexById(items);
  return (id) => {
    const item = index.get(id);
    if (!item) throw new Error(`a checked catalog has no "${id}"`);
    return item;
  };
}

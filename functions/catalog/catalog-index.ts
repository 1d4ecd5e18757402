// The catalog snapshot, indexed once when it is loaded, so that a decision looks nothing up twice.
import { requireFormatVersion } from "../../shared/artifact/format-version.ts";
import type { Channel } from "../../shared/artifact/manifest.ts";
import {
  type Campaign,
  Catalog,
  type Creative,
  type Experiment,
  type Placement,
  type Policy,
} from "../../shared/schemas/catalog.ts";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import type { Features } from "../../shared/schemas/features.ts";

/** A creative that may be shown. `features` are what the model sees; `supply` is null where the request brought the creative along. */
export interface Candidate {
  readonly creativeId: string;
  readonly landingUrl: string;
  readonly imageUrl: string | undefined;
  readonly features: Features;
  readonly supply: { readonly creative: Creative; readonly campaign: Campaign } | null;
}

export interface CatalogIndex {
  readonly task: string;
  readonly policy: Policy;
  readonly experiments: readonly Experiment[];
  readonly placements: ReadonlyMap<string, Placement>;
  readonly candidates: readonly Candidate[];
  /** Every channel that a decision may be served from: `stable`, and those of the experiments' arms. */
  readonly channels: readonly Channel[];
}

/** What is served from while no catalog was ever loaded: candidates can only come with the request. */
export const EMPTY_CATALOG: CatalogIndex = {
  task: "ad-click",
  policy: { name: "greedy" },
  experiments: [],
  placements: new Map(),
  candidates: [],
  channels: ["stable"],
};

/** Parses and indexes. Throws `CodedError`: `catalog_version_unknown`, the schema's codes, `id_duplicate`, `campaign_unknown`. */
export function indexCatalog(document: unknown): CatalogIndex {
  requireFormatVersion(document, 1, "catalog");
  const catalog = parse(Catalog, document, "catalog");
  const campaigns = indexById(catalog.campaigns, "campaigns");
  indexById(catalog.creatives, "creatives");
  indexById(catalog.experiments, "experiments");
  const armChannels = catalog.experiments.flatMap(({ arms }) => arms.flatMap(({ channel }) => channel ?? []));
  return {
    task: catalog.task,
    policy: catalog.policy,
    experiments: catalog.experiments,
    placements: indexById(catalog.placements, "placements"),
    candidates: catalog.creatives.map((creative, index) => toCandidate(creative, index, campaigns)),
    channels: [...new Set<Channel>(["stable", ...armChannels])],
  };
}

function indexById<Item extends { readonly id: string }>(items: readonly Item[], path: string): ReadonlyMap<string, Item> {
  const index = new Map<string, Item>();
  items.forEach((item, position) => {
    if (index.has(item.id)) {
      throw new CodedError("id_duplicate", `catalog.${path}[${position}].id`, `"${item.id}" is there twice; rename one`);
    }
    index.set(item.id, item);
  });
  return index;
}

function toCandidate(creative: Creative, index: number, campaigns: ReadonlyMap<string, Campaign>): Candidate {
  const { id, campaignId, landingUrl, imageUrl, features } = creative;
  const campaign = campaigns.get(campaignId);
  if (!campaign) {
    throw new CodedError("campaign_unknown", `catalog.creatives[${index}].campaignId`, `add a campaign "${campaignId}"`);
  }
  const supply = { creative, campaign };
  return { creativeId: id, landingUrl, imageUrl, features: { ...features, creativeId: id, campaignId }, supply };
}

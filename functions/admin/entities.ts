// The kinds of things that a catalog is made of: what each must look like, and whose part it is.
import type * as v from "valibot";
import { Catalog } from "../../shared/catalog/catalog.ts";
import { Creative } from "../../shared/catalog/creative.ts";
import { Advertiser, Campaign, Flight } from "../../shared/catalog/demand.ts";
import { Experiment } from "../../shared/catalog/experiment.ts";
import { Placement, Site } from "../../shared/catalog/supply.ts";
import { strictObject } from "../../shared/schemas/objects.ts";

/** An entity of any kind, parsed. */
export type Entity = { readonly id: string } & Readonly<Record<string, unknown>>;

/** `field` names the parent of kind `of`; `code` says that there is none of that id. */
export interface Parent {
  readonly field: string;
  readonly of: Kind;
  readonly code: string;
}

export interface EntityKind {
  readonly schema: v.GenericSchema<unknown, { readonly id: string }>;
  readonly parent: Parent | null;
}

export type Kind = "sites" | "placements" | "advertisers" | "campaigns" | "flights" | "creatives" | "experiments";

/** By their names in the catalog and in the API; parents come before their children. */
export const ENTITIES: Readonly<Record<Kind, EntityKind>> = {
  sites: { schema: Site, parent: null },
  placements: { schema: Placement, parent: { field: "siteId", of: "sites", code: "site_unknown" } },
  advertisers: { schema: Advertiser, parent: null },
  campaigns: { schema: Campaign, parent: { field: "advertiserId", of: "advertisers", code: "advertiser_unknown" } },
  flights: { schema: Flight, parent: { field: "campaignId", of: "campaigns", code: "campaign_unknown" } },
  creatives: { schema: Creative, parent: { field: "flightId", of: "flights", code: "flight_unknown" } },
  experiments: { schema: Experiment, parent: null },
};

export const KINDS = Object.keys(ENTITIES) as Kind[]; // the keys of a constant

export const isKind = (name: string): name is Kind => Object.hasOwn(ENTITIES, name);

/** What is said once for the whole catalog. It is stored like an entity of which there is one. */
const { task, conversionTask, policy, auction, tiers } = Catalog.entries;
export const Settings = strictObject({ task, conversionTask, policy, auction, tiers });
export type Settings = v.InferOutput<typeof Settings>;

/** Where the settings' one row is. */
export const SETTINGS = { kind: "settings", id: "settings" } as const;

/** What a row is kept under. */
export type RowKind = Kind | typeof SETTINGS.kind;

/** The parent's id, or null where it has none. */
export function parentIdOf(kind: RowKind, document: Readonly<Record<string, unknown>>): string | null {
  const parent = isKind(kind) ? ENTITIES[kind].parent : null;
  return parent === null ? null : (document[parent.field] as string | null); // its schema has an id or null there
}

export const parentKindOf = (kind: RowKind): Kind | null => (isKind(kind) ? (ENTITIES[kind].parent?.of ?? null) : null);

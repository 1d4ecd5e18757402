// The catalog snapshot: everything that a decision needs to know about supply and demand, immutable and signed.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { TaskName } from "../tasks/task-name.ts";
import { Creative } from "./creative.ts";
import { Advertiser, Campaign, Flight } from "./demand.ts";
import { Experiment } from "./experiment.ts";
import { Id } from "./parts.ts";
import { Policy } from "./policy.ts";
import { Placement, Site } from "./supply.ts";

export const CATALOG_VERSION = 2;

/** A tier is asked before all those after it. `auction`: by expected value, under the policy; `weighted`: by lot, by flights' weights. */
export const Tier = strictObject({ id: Id, selection: v.picklist(["auction", "weighted"]) });
export type Tier = v.InferOutput<typeof Tier>;

/**
 * Candidates are ranked by bid x probability ^ `qualityExponent` (Lahaie and Pennock, 2007; `cpm` bids have the probability 1). The winner
 * pays its bid (`first-price`), or the least with which it would have kept its rank (`second-price`; over several slots that is the
 * generalised second price of Edelman, Ostrovsky and Schwarz, 2007).
 */
export const Auction = strictObject({
  pricing: v.picklist(["first-price", "second-price"]),
  qualityExponent: v.optional(v.pipe(number, v.minValue(0), v.maxValue(2)), 1),
});
export type Auction = v.InferOutput<typeof Auction>;

/** `task` predicts clicks, `conversionTask` conversions of an impression: without it no `cpa` flight delivers. Tiers: the first is asked first. */
export const Catalog = strictObject({
  formatVersion: v.literal(CATALOG_VERSION),
  task: TaskName,
  conversionTask: v.optional(v.nullable(TaskName), null),
  policy: Policy,
  auction: Auction,
  tiers: list(Tier, 1, 20),
  sites: v.array(Site),
  advertisers: v.array(Advertiser),
  campaigns: v.array(Campaign),
  flights: v.array(Flight),
  creatives: v.array(Creative),
  placements: v.array(Placement),
  experiments: v.array(Experiment),
});
export type Catalog = v.InferOutput<typeof Catalog>;

/** A catalog as it is written: what has a standard value may be left out. */
export type CatalogDocument = v.InferInput<typeof Catalog>;

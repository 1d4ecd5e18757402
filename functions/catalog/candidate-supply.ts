// Whose a creative of the catalog is, all the way up.
import type { Creative } from "../../shared/catalog/creative.ts";
import type { Advertiser, Campaign, Flight } from "../../shared/catalog/demand.ts";
import type { Limits } from "./limits.ts";

/** `tierRank` is its tier's place in the catalog: 0 is asked first. */
export interface CandidateSupply extends Limits {
  readonly creative: Creative;
  readonly flight: Flight;
  readonly campaign: Campaign;
  readonly advertiser: Advertiser;
  readonly tierRank: number;
}

// Whose a creative of the catalog is, all the way up.
import type { Creative } from "../../shared/catalog/creative.ts";
import type { Advertiser, Campaign, Flight, Price } from "../../shared/catalog/demand.ts";
import type { Limits } from "./limits.ts";

/**
 * `tierRank` is its tier's place in the catalog: 0 is asked first. `price` is a copy of the flight's: every decision reads it of every
 * candidate, and the flight lies elsewhere in memory, which has to be waited for.
 */
export interface CandidateSupply extends Limits {
  readonly creative: Creative;
  readonly flight: Flight;
  readonly campaign: Campaign;
  readonly advertiser: Advertiser;
  readonly tierRank: number;
  readonly price: Price;
}

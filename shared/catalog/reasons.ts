// Why a candidate is not shown, and why nothing is: closed lists, with the code of OpenRTB 2.6 where it has one.
import * as v from "valibot";

/** The stages of a decision at which a candidate can be dropped, in their order. */
export type DropStage = "catalog" | "targeting" | "placement" | "frequency" | "budget" | "tier" | "auction";

interface Reason {
  readonly stage: DropStage;
  /** OpenRTB 2.6, List: Loss Reason Codes; null where it has none. */
  readonly openrtb: number | null;
}

/** In the order in which they are asked: a candidate is dropped for the first that holds. */
export const DROP_REASONS = {
  advertiser_paused: { stage: "catalog", openrtb: null },
  campaign_paused: { stage: "catalog", openrtb: null },
  flight_paused: { stage: "catalog", openrtb: null },
  creative_paused: { stage: "catalog", openrtb: null },
  flight_not_started: { stage: "catalog", openrtb: null },
  flight_ended: { stage: "catalog", openrtb: null },
  day_part_closed: { stage: "catalog", openrtb: null },
  country_mismatch: { stage: "targeting", openrtb: null },
  region_mismatch: { stage: "targeting", openrtb: null },
  city_mismatch: { stage: "targeting", openrtb: null },
  device_mismatch: { stage: "targeting", openrtb: null },
  operating_system_mismatch: { stage: "targeting", openrtb: null },
  browser_mismatch: { stage: "targeting", openrtb: null },
  language_mismatch: { stage: "targeting", openrtb: 208 },
  keyword_mismatch: { stage: "targeting", openrtb: null },
  segment_mismatch: { stage: "targeting", openrtb: null },
  category_mismatch: { stage: "targeting", openrtb: null },
  domain_mismatch: { stage: "targeting", openrtb: null },
  url_mismatch: { stage: "targeting", openrtb: null },
  key_value_mismatch: { stage: "targeting", openrtb: null },
  consent_missing: { stage: "targeting", openrtb: null },
  site_mismatch: { stage: "placement", openrtb: null },
  placement_mismatch: { stage: "placement", openrtb: null },
  kind_mismatch: { stage: "placement", openrtb: 204 },
  size_mismatch: { stage: "placement", openrtb: 203 },
  advertiser_blocked: { stage: "placement", openrtb: 205 },
  category_blocked: { stage: "placement", openrtb: 209 },
  attribute_blocked: { stage: "placement", openrtb: 210 },
  frequency_unknown: { stage: "frequency", openrtb: null }, // capped, and nobody says who the subject is
  frequency_unavailable: { stage: "frequency", openrtb: null }, // the counters did not answer in time
  frequency_capped: { stage: "frequency", openrtb: null },
  budget_unavailable: { stage: "budget", openrtb: null }, // no lease came in time
  budget_exhausted: { stage: "budget", openrtb: null },
  goal_reached: { stage: "budget", openrtb: null },
  pacing_held: { stage: "budget", openrtb: null },
  already_shown: { stage: "tier", openrtb: null }, // elsewhere in the same decision
  competitor_shown: { stage: "tier", openrtb: null }, // of a separation group that is in the decision already
  tier_outranked: { stage: "tier", openrtb: null },
  probability_missing: { stage: "auction", openrtb: null }, // cpc and cpa bids are worth nothing known without a model
  below_floor: { stage: "auction", openrtb: 100 },
} as const satisfies Record<string, Reason>;

export const DropReason = v.picklist(Object.keys(DROP_REASONS) as (keyof typeof DROP_REASONS)[]); // the keys of a constant
export type DropReason = v.InferOutput<typeof DropReason>;

/** Why an account gives no more for now. */
export const Shortage = v.picklist(["budget_exhausted", "goal_reached", "pacing_held", "budget_unavailable"]);
export type Shortage = v.InferOutput<typeof Shortage>;

/** Of candidates that took part and were not drawn. */
export const LOST_TO_HIGHER_BID = 102;

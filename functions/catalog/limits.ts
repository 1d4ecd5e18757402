// What bounds how often a creative may be shown: the caps that count it, the accounts that pay for it, and how much they must hold.
import type { Creative } from "../../shared/catalog/creative.ts";
import type { Advertiser, Campaign, Flight, FrequencyCap, Price } from "../../shared/catalog/demand.ts";

/** Views are counted by key: `advertiser:ID`, `campaign:ID`, `creative:ID`. */
export interface CappedKey {
  readonly key: string;
  readonly caps: readonly FrequencyCap[];
}

/** A campaign's money, in micros, or the goal of one of its flights, in impressions. `key` is `CAMPAIGN/money` or `CAMPAIGN/flight:ID`. */
export interface Account {
  readonly key: string;
  readonly unit: "micros" | "impressions";
  readonly campaign: Campaign;
  /** Of the goal; null for money. */
  readonly flight: Flight | null;
}

export interface Limits {
  readonly capped: readonly CappedKey[];
  readonly accounts: readonly Account[];
  readonly costBoundMicros: number;
}

export function limitsOf(creative: Creative, flight: Flight, campaign: Campaign, advertiser: Advertiser): Limits {
  return {
    capped: [
      { key: `advertiser:${advertiser.id}`, caps: advertiser.caps },
      { key: `campaign:${campaign.id}`, caps: campaign.caps },
      { key: `creative:${creative.id}`, caps: creative.caps },
    ].filter(({ caps }) => caps.length > 0),
    accounts: accountsOf(campaign, flight),
    costBoundMicros: boundCost(flight.price),
  };
}

function accountsOf(campaign: Campaign, flight: Flight): Account[] {
  const money: Account = { key: `${campaign.id}/money`, unit: "micros", campaign, flight: null };
  const goal: Account = { key: `${campaign.id}/flight:${flight.id}`, unit: "impressions", campaign, flight };
  return [...(campaign.budget ? [money] : []), ...(flight.goal ? [goal] : [])];
}

/** What must be left for an impression: the most that it can cost, or that the click or conversion which it may lead to can. */
export function boundCost({ model, bidMicros }: Price): number {
  return model === "cpm" ? Math.ceil(bidMicros / 1000) : bidMicros;
}

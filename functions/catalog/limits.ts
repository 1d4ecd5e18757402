// What bounds how often a creative may be shown: the caps that count it, and the accounts that pay for it.
import type { Creative } from "../../shared/catalog/creative.ts";
import type { Advertiser, Campaign, Flight, Price } from "../../shared/catalog/demand.ts";
import { type CappedKey, cappedKey } from "../../shared/catalog/views-left.ts";
import { hashText } from "../../shared/features/hash.ts";
import { type AccountKey, goalTerms, moneyTerms, type Terms } from "../ledger/account.ts";

/**
 * An account of a campaign, on the catalog's terms. `key` is `CAMPAIGN/ACCOUNT`, `hash` its hash, `index` its number among the catalog's
 * accounts, and `unit` what must be left in it for an impression.
 */
export interface Account {
  readonly key: string;
  readonly hash: number;
  readonly index: number;
  readonly campaign: Campaign;
  readonly account: AccountKey;
  readonly terms: Terms;
  readonly unit: number;
}

/** Views are counted by key: `advertiser:ID`, `campaign:ID`, `creative:ID`. */
export interface Limits {
  readonly capped: readonly CappedKey[];
  readonly accounts: readonly Account[];
}

/** `moneyEndMs` is when the last of the campaign's flights ends; null: never. `numberOf` numbers accounts by their keys. */
export function limitsOf(
  creative: Creative,
  flight: Flight,
  campaign: Campaign,
  advertiser: Advertiser,
  moneyEndMs: number | null,
  numberOf: (accountKey: string) => number,
): Limits {
  const capped = [
    { key: `advertiser:${advertiser.id}`, caps: advertiser.caps },
    { key: `campaign:${campaign.id}`, caps: campaign.caps },
    { key: `creative:${creative.id}`, caps: creative.caps },
  ].filter(({ caps }) => caps.length > 0);
  return {
    capped: capped.map(({ key, caps }) => cappedKey(key, caps)),
    accounts: accountsOf(campaign, flight, moneyEndMs, numberOf),
  };
}

function accountsOf(
  campaign: Campaign,
  flight: Flight,
  moneyEndMs: number | null,
  numberOf: (accountKey: string) => number,
): Account[] {
  const { budget } = campaign;
  const goal = goalTerms(flight);
  const of = (account: AccountKey, terms: Terms, unit: number) => {
    const key = `${campaign.id}/${account}`;
    return { key, hash: hashText(key), index: numberOf(key), campaign, account, terms, unit };
  };
  const money = flight.price.model === "cpm" ? "money" : "holds"; // the others pay later, for what may come of the impression
  return [
    ...(budget ? [of(money, moneyTerms(budget, moneyEndMs), boundCost(flight.price))] : []),
    ...(goal ? [of(`flight:${flight.id}`, goal, 1)] : []),
  ];
}

/** What must be left for an impression: the most that it can cost, or that the click or conversion which it may lead to can. */
export function boundCost({ model, bidMicros }: Price): number {
  return model === "cpm" ? Math.ceil(bidMicros / 1000) : bidMicros;
}

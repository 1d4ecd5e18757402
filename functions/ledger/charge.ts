// Clicks and conversions are charged when they come, as far as there is money.
import type { CampaignTerms, Terms } from "./account.ts";
import { chargeable } from "./allowance.ts";
import { type Account, openOnTerms, type Turn } from "./book.ts";
import { spend } from "./postings.ts";

/** `terms` are null where the campaign has no budget. Events of one id are charged once. */
export interface Charge {
  readonly campaign: CampaignTerms;
  readonly terms: Terms | null;
  readonly nowMs: number;
  readonly eventId: string;
  readonly priceMicros: number;
}

export type ChargeOutcome = "billed" | "partly_billed" | "outcome_unbilled" | "duplicate";

export interface Billed {
  readonly billedMicros: number;
  readonly outcome: ChargeOutcome;
}

/** `knownMicros` is what the same event was billed before, null where it is new. A repeat gets the same answer and changes nothing. */
export function charge(turn: Turn, { campaign, terms, priceMicros }: Charge, knownMicros: number | null): Billed {
  if (knownMicros !== null) return { billedMicros: knownMicros, outcome: "duplicate" };
  if (!terms) return { billedMicros: priceMicros, outcome: "billed" };
  const account = openOnTerms(turn, "money", campaign, terms, priceMicros);
  const billedMicros = Math.min(priceMicros, chargeable(account));
  spend(account, billedMicros, account.day.startMs);
  releaseHolds(account, billedMicros);
  if (billedMicros === priceMicros) return { billedMicros, outcome: "billed" };
  return { billedMicros, outcome: billedMicros > 0 ? "partly_billed" : "outcome_unbilled" };
}

/** What is charged was expected: that much is no longer kept back. Over many impressions the holds are the charges to come. */
function releaseHolds(account: Account, amount: number): void {
  let left = amount;
  for (const hold of account.holds) {
    const released = Math.min(hold.amount, left);
    hold.amount -= released;
    left -= released;
  }
  account.holds = account.holds.filter((hold) => hold.amount > 0);
}

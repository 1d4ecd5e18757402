// What counters and budgets must be asked before a choice can be made: everything that bounds one of the eligible.
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";

/**
 * `accounts` once each, in the order in which the eligible name them; where flights of one campaign share its money, the dearest says how
 * much must be left. `cappedWindowMs` is the longest window of a cap on any of the eligible, 0 where none has one; the decision shows at
 * most `slotCount` creatives.
 */
export interface Needs {
  readonly accounts: readonly Account[];
  readonly cappedWindowMs: number;
  readonly slotCount: number;
}

/** `eligible` for each placement; `places` has room for every account of the catalog. */
export function collectNeeds(eligible: readonly (readonly Candidate[])[], slotCount: number, places: Int32Array): Needs {
  places.fill(-1);
  const accounts: Account[] = [];
  let cappedWindowMs = 0;
  for (const candidates of eligible) {
    for (const { supply } of candidates) {
      if (!supply) continue;
      for (const { windowMs } of supply.capped) if (windowMs > cappedWindowMs) cappedWindowMs = windowMs;
      for (const one of supply.accounts) {
        const place = places[one.index] as number; // there is room for all
        if (place === -1) places[one.index] = accounts.push(one) - 1;
        else if ((accounts[place] as Account).unit < one.unit) accounts[place] = one;
      }
    }
  }
  return { accounts, cappedWindowMs, slotCount };
}

/** Finds the places again: other decisions have used the room since. */
export function placeAccounts({ accounts }: Needs, places: Int32Array): Int32Array {
  for (let place = 0; place < accounts.length; place++) places[(accounts[place] as Account).index] = place;
  return places;
}

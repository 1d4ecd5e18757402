// What counters and budgets must be asked before a choice can be made: everything that bounds one of the eligible.
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";
import type { WantedViews } from "../frequency/views.ts";

/** Each key once; where flights of one campaign share its money, the dearest says how much must be left. As many views of each cap are wanted as the decision has slots: no more can be shown in it. */
export interface Needs {
  readonly views: readonly WantedViews[];
  readonly accounts: readonly Account[];
}

/** `eligible` for each placement. */
export function collectNeeds(eligible: readonly (readonly Candidate[])[], slotCount: number): Needs {
  const views = new Map<string, WantedViews>();
  const accounts = new Map<string, Account>();
  for (const candidates of eligible) {
    for (const { supply } of candidates) {
      if (!supply) continue;
      for (const { key, caps } of supply.capped) if (!views.has(key)) views.set(key, { key, caps, count: slotCount });
      for (const one of supply.accounts) {
        const known = accounts.get(one.key);
        if (!known || known.unit < one.unit) accounts.set(one.key, one);
      }
    }
  }
  return { views: [...views.values()], accounts: [...accounts.values()] };
}

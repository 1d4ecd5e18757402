// What counters and budgets must be asked before a choice can be made: everything that bounds one of the eligible.
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";

/**
 * `accounts` once each; where flights of one campaign share its money, the dearest says how much must be left. `cappedWindowMs` is the
 * longest window of a cap on any of the eligible, 0 where none has one; the decision shows at most `slotCount` creatives.
 */
export interface Needs {
  readonly accounts: readonly Account[];
  readonly cappedWindowMs: number;
  readonly slotCount: number;
}

/** `eligible` for each placement. */
export function collectNeeds(eligible: readonly (readonly Candidate[])[], slotCount: number): Needs {
  const accounts = new Map<number, Account>();
  let cappedWindowMs = 0;
  for (const candidates of eligible) {
    for (const { supply } of candidates) {
      if (!supply) continue;
      for (const { windowMs } of supply.capped) if (windowMs > cappedWindowMs) cappedWindowMs = windowMs;
      for (const one of supply.accounts) {
        const known = accounts.get(one.index);
        if (!known || known.unit < one.unit) accounts.set(one.index, one);
      }
    }
  }
  return { accounts: [...accounts.values()], cappedWindowMs, slotCount };
}

// What counters and budgets must be asked before a choice can be made: everything that bounds one of the eligible.
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account, CappedKey } from "../catalog/limits.ts";

/** Each key once. `slotCount` views of each cap are wanted: no more can be shown in the decision. */
export interface Needs {
  readonly capped: readonly CappedKey[];
  readonly accounts: readonly Account[];
  readonly slotCount: number;
}

export function collectNeeds(eligible: Iterable<Candidate>, slotCount: number): Needs {
  const capped = new Map<string, CappedKey>();
  const accounts = new Map<string, Account>();
  for (const { supply } of eligible) {
    if (!supply) continue;
    for (const one of supply.capped) capped.set(one.key, one);
    for (const one of supply.accounts) accounts.set(one.key, one);
  }
  return { capped: [...capped.values()], accounts: [...accounts.values()], slotCount };
}

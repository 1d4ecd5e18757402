// Which of the catalog's candidates may be shown in a placement now, and why the others may not: sets of all candidates at once, taken
// from each other in the order of `DROP_REASONS`, so that each is dropped for the first reason that holds.
import type { Audience } from "../../shared/catalog/audience.ts";
import { addMembers, type Bits, forEachMember, hasBit, type Members, pick, removeAndCount } from "../../shared/catalog/bitset.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { assignFailed } from "../../shared/catalog/restriction.ts";
import type { Placement } from "../../shared/catalog/supply.ts";
import type { DropCount, OnAir } from "../catalog/calendar.ts";
import type { Candidate, CatalogIndex } from "../catalog/catalog-index.ts";
import type { EligibilityIndex } from "../catalog/eligibility-index.ts";

export interface Dropped {
  readonly creativeId: string;
  readonly reason: DropReason;
}

/** `eligible` in the catalog's order; `drops`, one for each candidate that is not, only where they were asked for. */
export interface Eligibility {
  readonly eligible: readonly Candidate[];
  readonly dropped: readonly DropCount[];
  readonly drops: readonly Dropped[] | null;
}

/**
 * One answer a placement. What schedule and audience decide is decided once for all of them. A placement that the catalog does not know
 * (null) takes every kind and size, blocks nothing, and is of no site.
 */
export function screen(
  { candidates, eligibility: index }: Pick<CatalogIndex, "candidates" | "eligibility">,
  audience: Audience,
  placements: readonly (Placement | null)[],
  nowMs: number,
  { explain }: { readonly explain: boolean },
): Eligibility[] {
  const { open, dropped, reasonAt } = index.calendar.at(nowMs);
  const { alive, aliveInPlacement } = index.room;
  alive.set(open);
  const sieve: Sieve = { candidates, alive, dropped: [...dropped], drops: explain ? listDrops(candidates, reasonAt) : null };
  screenAudience(sieve, index, audience);
  return placements.map((placement) => {
    aliveInPlacement.set(alive);
    const { dropped, drops } = sieve;
    const own = { candidates, alive: aliveInPlacement, dropped: [...dropped], drops: drops && [...drops] };
    for (const { reason, failed } of index.stepsOf(placement)) drop(own, reason, failed);
    return { eligible: pick(candidates, aliveInPlacement), dropped: own.dropped, drops: own.drops };
  });
}

/** `alive` are the candidates that no reason was found against so far. */
interface Sieve {
  readonly candidates: readonly Candidate[];
  readonly alive: Bits;
  readonly dropped: DropCount[];
  readonly drops: Dropped[] | null;
}

function listDrops(candidates: readonly Candidate[], reasonAt: OnAir["reasonAt"]): Dropped[] {
  return candidates.flatMap(({ creativeId }, at) => {
    const reason = reasonAt(at);
    return reason === null ? [] : [{ creativeId, reason }];
  });
}

function screenAudience(sieve: Sieve, { lists, keyValues, consents, room }: EligibilityIndex, audience: Audience): void {
  const { failed, failedKey } = room;
  const members = { bits: failed, list: null };
  for (const { reason, dimension, restriction } of lists) {
    assignFailed(failed, restriction, audience[dimension]);
    drop(sieve, reason, members);
  }
  failed.fill(0);
  for (const { key, restriction } of keyValues) {
    const values = audience.keyValues.get(key);
    if (values) {
      assignFailed(failedKey, restriction, values);
      addMembers(failed, { bits: failedKey, list: null });
    } else if (restriction.restricted) {
      addMembers(failed, restriction.restricted); // without a value nobody is let in and nobody shut out
    }
  }
  drop(sieve, "key_value_mismatch", members);
  failed.fill(0);
  for (const { purpose, needing } of consents) if (!audience.consents.has(purpose)) addMembers(failed, needing);
  drop(sieve, "consent_missing", members);
}

function drop({ candidates, alive, dropped, drops }: Sieve, reason: DropReason, failed: Members): void {
  if (drops) {
    forEachMember(failed, (at) => {
      if (hasBit(alive, at)) drops.push({ creativeId: candidates[at]!.creativeId, reason }); // members are places in this list
    });
  }
  const count = removeAndCount(alive, failed);
  if (count > 0) dropped.push({ reason, count });
}

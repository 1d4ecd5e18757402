// Which of the catalog's candidates may be shown in a placement now, and why the others may not: sets of all candidates at once, taken
// from each other in the order of `DROP_REASONS`, so that each is dropped for the first reason that holds.
import type { Audience } from "../../shared/catalog/audience.ts";
import {
  addMembers,
  type Bits,
  createBits,
  forEachBit,
  hasBit,
  removeAndCount,
  removeMembers,
} from "../../shared/catalog/bitset.ts";
import type { DropReason } from "../../shared/catalog/reasons.ts";
import type { Placement } from "../../shared/catalog/supply.ts";
import type { DropCount } from "../catalog/calendar.ts";
import type { Candidate, CatalogIndex } from "../catalog/catalog-index.ts";
import type { EligibilityIndex, PlacementStep, Restriction } from "../catalog/eligibility-index.ts";

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
 * What schedule and audience decide is decided once, for all placements of a request; the function that comes back decides the rest for
 * one of them. A placement that the catalog does not know (null) takes every kind and size, blocks nothing, and is of no site.
 */
export function screen(
  { candidates, eligibility: index }: Pick<CatalogIndex, "candidates" | "eligibility">,
  audience: Audience,
  nowMs: number,
  { explain }: { readonly explain: boolean },
): (placement: Placement | null) => Eligibility {
  const { open, reasons, dropped } = index.calendar.at(nowMs);
  const drops = explain ? listDrops(candidates, reasons) : null;
  const sieve: Sieve = { candidates, alive: open.slice(), failed: createBits(candidates.length), dropped: [...dropped], drops };
  screenAudience(sieve, index, audience);
  return (placement) => screenPlacement(sieve, (placement && index.placements.get(placement.id)) ?? index.elsewhere);
}

/** `alive` are the candidates that no reason was found against; `failed` is room for those that the next one holds for. */
interface Sieve {
  readonly candidates: readonly Candidate[];
  readonly alive: Bits;
  readonly failed: Bits;
  readonly dropped: DropCount[];
  readonly drops: Dropped[] | null;
}

function listDrops(candidates: readonly Candidate[], reasons: readonly (DropReason | null)[]): Dropped[] {
  return candidates.flatMap(({ creativeId }, at) => {
    const reason = reasons[at] ?? null;
    return reason === null ? [] : [{ creativeId, reason }];
  });
}

function screenAudience(sieve: Sieve, index: EligibilityIndex, audience: Audience): void {
  const { failed } = sieve;
  for (const { reason, dimension, restriction } of index.lists) {
    fail(failed, restriction, audience[dimension]);
    dropFailed(sieve, reason);
  }
  if (index.keyValues.size > 0) {
    failKeyValues(failed, index.keyValues, audience.keyValues);
    dropFailed(sieve, "key_value_mismatch");
  }
  if (index.consents.size > 0) {
    failed.fill(0);
    for (const [purpose, members] of index.consents) if (!audience.consents.has(purpose)) addMembers(failed, members);
    dropFailed(sieve, "consent_missing");
  }
}

function screenPlacement({ candidates, alive, failed, dropped, drops }: Sieve, steps: readonly PlacementStep[]): Eligibility {
  const sieve: Sieve = { candidates, alive: alive.slice(), failed, dropped: [...dropped], drops: drops && [...drops] };
  for (const { reason, restriction, values } of steps) {
    fail(failed, restriction, values);
    dropFailed(sieve, reason);
  }
  const eligible: Candidate[] = [];
  forEachBit(sieve.alive, (at) => eligible.push(candidates[at]!)); // bits are places in this list
  return { eligible, dropped: sieve.dropped, drops: sieve.drops };
}

/** Whoever restricts, but for those that a value lets in; and whoever a value shuts out. */
function fail(failed: Bits, { restricted, anyOf, noneOf }: Restriction, values: readonly string[]): void {
  failed.fill(0);
  if (restricted) addMembers(failed, restricted);
  for (const value of values) {
    const admitted = anyOf.get(value);
    if (admitted) removeMembers(failed, admitted);
  }
  if (noneOf.size === 0) return;
  for (const value of values) {
    const excluded = noneOf.get(value);
    if (excluded) addMembers(failed, excluded);
  }
}

/** Fails those for which any key is wrong. */
function failKeyValues(failed: Bits, keyValues: EligibilityIndex["keyValues"], asked: Audience["keyValues"]): void {
  failed.fill(0);
  const bits = failed.slice();
  for (const [key, restriction] of keyValues) {
    const values = asked.get(key);
    if (values) {
      fail(bits, restriction, values);
      addMembers(failed, { bits, list: null });
    } else if (restriction.restricted) {
      addMembers(failed, restriction.restricted);
    }
  }
}

function dropFailed({ candidates, alive, failed, dropped, drops }: Sieve, reason: DropReason): void {
  if (drops) {
    forEachBit(failed, (at) => {
      if (hasBit(alive, at)) drops.push({ creativeId: candidates[at]!.creativeId, reason }); // bits are places in this list
    });
  }
  const count = removeAndCount(alive, failed);
  if (count > 0) dropped.push({ reason, count });
}

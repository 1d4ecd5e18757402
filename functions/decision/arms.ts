// Ranked candidates as a policy sees them: what each is worth, under each draw from the posterior too, and which are new.
import type { Policy } from "../../shared/catalog/policy.ts";
import type { Arms } from "../../shared/policies/distribute.ts";
import { weigh } from "../../shared/policies/draw.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Ranked } from "./ranking.ts";

const DAY_MS = 86_400_000;

/** `draws` as `Arms` has them; null where the policy asks for none, or the model has no posterior. */
export function armsOf(ranked: readonly Ranked<Candidate>[], policy: Policy, draws: Float64Array | null, nowMs: number): Arms {
  const sinceMs = policy.newcomers ? nowMs - policy.newcomers.maxAgeDays * DAY_MS : null;
  return {
    values: ranked.map(({ rankScore }) => rankScore),
    newcomers: sinceMs === null ? null : ranked.map(({ candidate }) => (candidate.supply?.creative.createdMs ?? 0) >= sinceMs),
    draws,
  };
}

/** A lot by the flights' weights; creatives of one flight share its weight. */
export function distributeLots(ranked: readonly Ranked<Candidate>[]): number[] {
  return weigh(
    ranked.map(({ candidate }) => candidate.supply?.flight.weight ?? 1),
    ranked.map(({ candidate }) => candidate.supply?.flight.id ?? candidate.creativeId),
  );
}

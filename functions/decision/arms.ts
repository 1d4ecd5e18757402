// Ranked candidates as a policy sees them: what each is worth, under each draw from the posterior too, and which are new.
import { scoreBid } from "../../shared/auction/worth.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { Arms } from "../../shared/policies/distribute.ts";
import { weigh } from "../../shared/policies/draw.ts";
import { power } from "../../shared/scoring/elementary.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Ranked } from "./ranking.ts";

const DAY_MS = 86_400_000;

/** Click probabilities under each draw from the posterior: that of the candidate scored at `index` under draw `d` is at [d * count + index]. */
export interface PosteriorDraws {
  readonly probabilities: Float64Array;
  readonly count: number;
}

export interface ArmsInput {
  readonly policy: Policy;
  /** Null where the policy asks for none, or the model has none. */
  readonly draws: PosteriorDraws | null;
  readonly qualityExponent: number;
  readonly nowMs: number;
}

export function armsOf(ranked: readonly Ranked<Candidate>[], { policy, draws, qualityExponent, nowMs }: ArmsInput): Arms {
  const sinceMs = policy.newcomers ? nowMs - policy.newcomers.maxAgeDays * DAY_MS : null;
  return {
    values: ranked.map(({ rankScore }) => rankScore),
    newcomers: sinceMs === null ? null : ranked.map(({ candidate }) => (candidate.supply?.creative.createdMs ?? 0) >= sinceMs),
    draws: policy.name === "thompson" && draws ? worthUnder(draws, ranked, qualityExponent) : null,
  };
}

/** A lot by the flights' weights; creatives of one flight share its weight. */
export function distributeLots(ranked: readonly Ranked<Candidate>[]): number[] {
  return weigh(
    ranked.map(({ candidate }) => candidate.supply?.flight.weight ?? 1),
    ranked.map(({ candidate }) => candidate.supply?.flight.id ?? candidate.creativeId),
  );
}

function worthUnder(
  { probabilities, count }: PosteriorDraws,
  ranked: readonly Ranked<Candidate>[],
  exponent: number,
): Float64Array {
  const worth = new Float64Array((probabilities.length / count) * ranked.length);
  let at = 0;
  for (let start = 0; start < probabilities.length; start += count) {
    for (const { candidate, index, rankScore } of ranked) {
      const probability = probabilities[start + index] as number; // as many as were scored
      worth[at++] = scoreUnder(candidate, probability, exponent) ?? rankScore ?? 0;
    }
  }
  return worth;
}

/** Null where the draws say nothing of it: only clicks are drawn. */
function scoreUnder({ supply }: Candidate, probability: number, exponent: number): number | null {
  if (!supply) return probability;
  const { model, bidMicros } = supply.flight.price;
  return model === "cpc" ? scoreBid(model, bidMicros, power(probability, exponent)) : null;
}

// A visit: one page, a choice for each of its placements under a policy, and what the visitor then did.

import type { Random } from "../engine/random.ts";
import { clickProbability, conversionProbability, crowdRandom, eligibleCreatives, type Market, visitorAt } from "./market.ts";
import { type Creative, type Placement, VISITS_BY_HOUR, type Visitor } from "./world.ts";

const DAY_MS = 86_400_000;
/** Some chosen ads are never rendered: the reader left, or a blocker was faster. */
const RENDER_PROBABILITY = 0.97;

/** `best` knows the truth: the ceiling of every policy. */
export type SimulatedPolicy = "random" | "best";

/** What the visitor did with one impression. */
export interface Outcome {
  readonly rendered: boolean;
  readonly clicked: boolean;
  readonly converted: boolean;
}

/** One placement of a visit. `probabilities` are the true click probabilities of `candidates`, in their order. */
export interface Choice {
  readonly placement: Placement;
  readonly candidates: readonly Creative[];
  readonly probabilities: readonly number[];
  readonly chosen: Creative;
  readonly chosenProbability: number;
  readonly outcome: Outcome;
}

export interface Visit {
  readonly visitor: Visitor;
  readonly timeMs: number;
  readonly decisionId: string;
  readonly choices: readonly Choice[];
}

export interface Crowd {
  readonly market: Market;
  /** Which visitors; see `visitorAt`. */
  readonly crowd: number;
  readonly visitorCount: number;
  readonly firstMs: number;
  readonly days: number;
  readonly policy: SimulatedPolicy;
}

/**
 * Every visitor of a crowd once, in time order.
 *
 * @example for (const visit of visits({ market, crowd: 1, visitorCount: 1000, firstMs: 0, days: 7, policy: "random" })) ...
 */
export function visits({ policy, ...crowd }: Crowd): Generator<Visit> {
  if (policy === "random") return visitsBy(({ candidates, uniform }) => Math.floor(uniform * candidates.length), crowd);
  return visitsBy(({ probabilities }) => probabilities.indexOf(Math.max(...probabilities)), crowd);
}

/** What is known when a placement is to be filled; `probabilities` are the truth, and `uniform`, in [0, 1), is the choice's own luck. */
export interface Opening extends Pick<Choice, "placement" | "candidates" | "probabilities">, Pick<Visit, "visitor" | "timeMs"> {
  readonly uniform: number;
}

/**
 * As `visits`, by any policy: `choose` gives the index of a candidate. Who comes, when, and the luck of every placement are the same
 * whatever it chooses. `isOffered` says which creatives there are at a time; of every size there is one.
 */
export function* visitsBy(
  choose: (opening: Opening) => number,
  { market, crowd, visitorCount, firstMs, days }: Omit<Crowd, "policy">,
  isOffered: (creative: Creative, timeMs: number) => boolean = () => true,
): Generator<Visit> {
  for (let index = 0; index < visitorCount; index++) {
    const random = crowdRandom(market, crowd, "visit", index);
    const timeMs = visitTimeMs(firstMs, (days * (index + random.uniform())) / visitorCount);
    const visitor = visitorAt(market, crowd, index);
    const choices = market.placements.map((placement): Choice => {
      const candidates = eligibleCreatives(market, placement).filter((creative) => isOffered(creative, timeMs));
      const probabilities = candidates.map((creative) => clickProbability(market, visitor, placement, creative, timeMs));
      const chosenIndex = choose({ visitor, timeMs, placement, candidates, probabilities, uniform: random.uniform() });
      const chosen = candidates[chosenIndex] as Creative; // every placement has candidates
      const chosenProbability = probabilities[chosenIndex] as number; // as many as candidates
      const outcome = drawOutcome(random, chosenProbability, conversionProbability(market, visitor, placement, chosen));
      return { placement, candidates, probabilities, chosen, chosenProbability, outcome };
    });
    yield { visitor, timeMs, decisionId: `sim-${market.seed}-${crowd}-${index}`, choices };
  }
}

/** Always takes three numbers from `random`, whatever happens, so that policies can be compared on the same luck. */
export function drawOutcome(random: Random, click: number, conversion: number): Outcome {
  const rendered = random.uniform() < RENDER_PROBABILITY;
  const clicked = random.uniform() < click && rendered;
  const converted = random.uniform() < conversion && clicked;
  return { rendered, clicked, converted };
}

/** Day and fraction of a day -> time, faster through the hours in which few visit. */
function visitTimeMs(firstMs: number, dayAndFraction: number): number {
  const total = VISITS_BY_HOUR.reduce((sum, weight) => sum + weight, 0);
  const day = Math.floor(dayAndFraction);
  let left = (dayAndFraction - day) * total;
  const hour = VISITS_BY_HOUR.findIndex((weight) => (left -= weight) < 0);
  const weight = VISITS_BY_HOUR[hour] ?? 1;
  return Math.floor(firstMs + day * DAY_MS + ((hour + (left + weight) / weight) / 24) * DAY_MS);
}

// A marketplace with known truth: the same seed is the same market, and every probability in it can be asked for.
import { Random } from "../engine/random.ts";
import { clickLogit, conversionLogit, drawEffects, type Effects } from "./effects.ts";

import { drawCreatives, fits, PLACEMENTS } from "./supply.ts";
import { drawVisitor } from "./visitors.ts";
import type { Creative, Placement, Visitor } from "./world.ts";

/** Mean click rate of a random choice, and mean conversion rate after a click, to which the bases are fitted. */
const RANDOM_CLICK_RATE = 0.055;
const CONVERSION_LOGIT = -2.5;

/** The market that `start` serves and `traffic` visits, unless told otherwise. */
export const DEFAULT_SEED = 1;

export interface Market {
  readonly seed: number;
  readonly placements: readonly Placement[];
  readonly creatives: readonly Creative[];
  readonly effects: Effects;
  readonly clickBase: number;
}

/**
 * `randomClickRate`: how often a random choice is clicked, in the mean.
 *
 * @example const market = createMarket(1);
 */
export function createMarket(seed: number, randomClickRate = RANDOM_CLICK_RATE): Market {
  const random = new Random(seed).fork("market");
  const creatives = drawCreatives(random);
  const market = { seed, placements: PLACEMENTS, creatives, effects: drawEffects(random, creatives), clickBase: 0 };
  return { ...market, clickBase: fitClickBase(market, randomClickRate) };
}

/**
 * The `index`-th visitor of a crowd, always the same one. Crowds share no visitor: one for each simulated log or run of traffic.
 */
export function visitorAt(market: Market, crowd: number, index: number): Visitor {
  return drawVisitor(crowdRandom(market, crowd, "visitor", index), market.effects, `subject-${crowd}-${index}`);
}

/** What chance decides about the `index`-th visitor: who it is, or what happens on the visit. */
export function crowdRandom(market: Market, crowd: number, stream: "visitor" | "visit", index: number): Random {
  return new Random(market.seed).fork(`${stream} ${index} of ${crowd}`);
}

export const eligibleCreatives = (market: Market, placement: Placement): Creative[] =>
  market.creatives.filter((creative) => fits(placement, creative));

/** Probability that this impression is clicked, in (0, 1). */
export function clickProbability(
  market: Market,
  visitor: Visitor,
  placement: Placement,
  creative: Creative,
  timeMs: number,
): number {
  return sigmoid(market.clickBase + clickLogit(market.effects, visitor, placement, creative, timeMs));
}

/** Probability that this click is followed by a conversion, in (0, 1). */
export function conversionProbability(market: Market, visitor: Visitor, placement: Placement, creative: Creative): number {
  return sigmoid(CONVERSION_LOGIT + conversionLogit(market.effects, visitor, placement, creative));
}

/** The base at which a random choice is clicked as often as wanted, over a sample of a week, by bisection. */
function fitClickBase(market: Market, wantedRate: number): number {
  const random = new Random(market.seed).fork("calibration");
  const logits = Array.from({ length: 2000 }, (_, index) => {
    const timeMs = random.uniform() * 7 * 86_400_000;
    const visitor = drawVisitor(random, market.effects, String(index));
    return market.placements.flatMap((placement) =>
      eligibleCreatives(market, placement).map((creative) => clickLogit(market.effects, visitor, placement, creative, timeMs)),
    );
  }).flat();
  let [low, high] = [-10, 5];
  for (let step = 0; step < 30; step++) {
    const base = (low + high) / 2;
    const rate = logits.reduce((sum, logit) => sum + sigmoid(base + logit), 0) / logits.length;
    if (rate > wantedRate) high = base;
    else low = base;
  }
  return (low + high) / 2;
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

// A policy that learns from its own choices: the log of one visitor after the other, a model built of it now and then, and what it costs.

import type { Policy } from "../../../shared/catalog/policy.ts";
import { BagWriter } from "../../../shared/features/bags.ts";
import { createEncoder } from "../../../shared/features/encode.ts";
import { distribute } from "../../../shared/policies/distribute.ts";
import { draw } from "../../../shared/policies/draw.ts";
import type { Features } from "../../../shared/schemas/features.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import type { Task } from "../../../shared/tasks/task.ts";
import { loadParts } from "../../../training/dataset/load.ts";
import { type BuiltModel, buildModel } from "../../../training/jobs/build-model.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { candidateFeatures, contextFeatures } from "../../../training/simulate/catalog.ts";
import type { Market } from "../../../training/simulate/market.ts";
import { type Opening, visitsBy } from "../../../training/simulate/visits.ts";
import type { Creative } from "../../../training/simulate/world.ts";

export interface LearningRun {
  readonly market: Market;
  readonly crowd: number;
  readonly policy: Policy;
  /** The task of a model of so many logged impressions: what suits few does not suit many. */
  readonly taskOf: (impressions: number) => Task;
  /** Visitors before the first model, the second and so on; all visitors, last. Without a model choices are uniform. */
  readonly stops: readonly number[];
  readonly days: number;
  readonly seed: number;
  /** When a creative was created, in days from the start; nobody was shown it before. Negative: it was there already. */
  readonly createdOn: (creative: Creative) => number;
  readonly onDecision?: (decision: Decision) => void;
}

export interface Decision {
  readonly distribution: readonly number[];
  /** Of `distribution`. */
  readonly chosen: number;
  readonly propensity: number;
  /** Expected clicks lost: the best offered creative's probability less the chosen one's. */
  readonly regret: number;
}

/** At each stop: placements filled so far, and the sum of their regrets. */
export interface LearningPoint {
  readonly decisions: number;
  readonly regret: number;
}

const FIRST_MS = Date.UTC(2026, 0, 5);
const VALID_EVERY = 10;

/**
 * The same market, crowd and days are the same visitors with the same luck, whatever the policy, so that policies can be compared.
 *
 * @example (await runLearning({ policy: { name: "thompson" }, ...rest })).at(-1)?.regret;
 */
export async function runLearning(run: LearningRun): Promise<LearningPoint[]> {
  const { market, crowd, days, stops, createdOn, seed } = run;
  const log: Features[] = [];
  const points: LearningPoint[] = [];
  let [decisions, regret] = [0, 0];
  let rank: Rank | null = null;
  const decide = (opening: Opening): number => {
    const decision = decideOne(run, rank, opening);
    run.onDecision?.(decision);
    decisions++;
    regret += decision.regret;
    return decision.chosen;
  };
  const visitors = visitsBy(
    decide,
    { market, crowd, days, firstMs: FIRST_MS, visitorCount: stops.at(-1) ?? 0 },
    (creative, timeMs) => createdOn(creative) <= daysUntil(timeMs),
  );
  let count = 0;
  for (const { visitor, timeMs, choices } of visitors) {
    for (const { placement, chosen, outcome } of choices) {
      if (!outcome.rendered) continue;
      const features = { ...contextFeatures(visitor, placement, timeMs), ...candidateFeatures(chosen) };
      log.push({ ...features, click: Number(outcome.clicked), timeMs });
    }
    if (++count !== stops[points.length]) continue;
    points.push({ decisions, regret });
    if (points.length < stops.length && needsModel(run.policy))
      rank = createRank(run.policy, await learn(run.taskOf(log.length), log, seed));
  }
  return points;
}

const daysUntil = (timeMs: number): number => (timeMs - FIRST_MS) / 86_400_000;

const needsModel = ({ name }: Policy): boolean => name !== "random";

/** Every tenth impression validates. */
async function learn(task: Task, log: readonly Features[], seed: number): Promise<BuiltModel> {
  const source = async function* () {
    yield* log;
  };
  const splits = await loadParts(task, [{ source, split: (_, index) => (index % VALID_EVERY === 0 ? "valid" : "train") }]);
  return buildModel({ task, splits, device: "wasm", seed });
}

/** Calibrated probabilities of the candidates, [candidates], and for Thompson under each draw, [candidates, draws]. */
type Rank = (opening: Opening) => { readonly probabilities: Float64Array; readonly draws: Float64Array | null };

/** From raw features as the Worker would have them, by the kernel that serves. */
function createRank({ name }: Policy, { served, calibration }: BuiltModel): Rank {
  const encoder = createEncoder(served.featureMap);
  const scorer = createKernelScorer(readKernelModule(), served, calibration);
  const context = new BagWriter(encoder.context.fieldCount);
  const encode = (creative: Creative, into: BagWriter) => encoder.candidate.encode(candidateFeatures(creative), into);
  return ({ visitor, placement, timeMs, candidates }) => {
    context.clear();
    encoder.context.encode(contextFeatures(visitor, placement, timeMs), context);
    if (name !== "thompson")
      return { probabilities: scorer.scoreCached(context.view(), candidates, encode).probabilities, draws: null };
    const { probabilities, drawProbabilities } = scorer.scoreDrawsCached(context.view(), candidates, encode);
    return { probabilities, draws: drawProbabilities };
  };
}

function decideOne({ policy, createdOn }: LearningRun, rank: Rank | null, opening: Opening): Decision {
  const { candidates, probabilities: truth, uniform, timeMs } = opening;
  const ages = candidates.map((creative) => daysUntil(timeMs) - createdOn(creative));
  const distribution = rank ? distributeOver(policy, rank(opening), ages) : candidates.map(() => 1 / candidates.length);
  const chosen = draw(distribution, uniform);
  return { distribution, chosen, propensity: distribution[chosen]!, regret: Math.max(...truth) - truth[chosen]! };
}

/** In the candidates' order: the policies take and give arms best first. `ages` are in days. */
function distributeOver(policy: Policy, { probabilities, draws }: ReturnType<Rank>, ages: readonly number[]): number[] {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  const count = order.length;
  const drawCount = draws ? draws.length / count : 0;
  const ranked =
    draws && Float64Array.from({ length: draws.length }, (_, i) => draws[order[i % count]! * drawCount + Math.floor(i / count)]!);
  const { newcomers: favoured } = policy;
  const newcomers = favoured ? order.map((arm) => ages[arm]! <= favoured.maxAgeDays) : null;
  const distribution = distribute(policy, { values: order.map((arm) => probabilities[arm]!), newcomers, draws: ranked });
  const inOrder = new Array<number>(count).fill(0);
  for (const [place, arm] of order.entries()) inOrder[arm] = distribution[place]!;
  return inOrder;
}

// What the regret benchmark plays: a market, a task that learns it quickly, when models are built, and the policies that are compared.
import type { Policy } from "../../../shared/catalog/policy.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { adClick } from "../../../shared/tasks/ad-click.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { createMarket, type Market } from "../../../training/simulate/market.ts";
import type { LearningRun } from "./learning.ts";

/** Clicked as often as this by random choice, four times what the market has elsewhere: so much sooner is everything learnt. */
const RANDOM_CLICK_RATE = 0.2;

/** Fields of ad-click but for those that matter least: hours, weekdays, countries and titles. */
const FIELDS = [
  "device",
  "ageBand",
  "segment",
  "interests",
  "position",
  "creativeId",
  "campaignId",
  "category",
  "format",
  "brand",
];

const CROWD = 7;
const DAYS = 14;

/** SquareCB's regret on market 1 under gamma 6000 is 4114 with this; a quarter of a day 4530, a whole one 4451, a tenth for half a day 4401. */
const NEWCOMERS = { share: 0.05, maxAgeDays: 0.5 };

/**
 * By name, as tables and plots have them. Epsilon is the catalog's usual one. Gamma was chosen on market 1, which is not among those reported:
 * alone among 200, 400, 1000 and 3000; with newcomers, who need not be found by it, among 300, 2000, 6000 and 20,000 (regrets 6402, 4335,
 * 4114, 4034; greedy with newcomers 4217). 20,000 is hardly more than that greedy: not taken for 2 %. Gammas that grow with the impressions
 * learnt from: 3, 10 and 30 times their root (4492, 4440, 4305), a twentieth of them (4163).
 */
export const POLICIES: Readonly<Record<string, Policy>> = {
  random: { name: "random" },
  greedy: { name: "greedy" },
  "greedy, newcomers": { name: "greedy", newcomers: NEWCOMERS },
  "epsilon-greedy": { name: "epsilon-greedy", epsilon: 0.1 },
  "epsilon-greedy, newcomers": { name: "epsilon-greedy", epsilon: 0.1, newcomers: NEWCOMERS },
  softmax: { name: "softmax", temperature: 0.05 },
  thompson: { name: "thompson" },
  squarecb: { name: "squarecb", gamma: 1000 },
  "squarecb, newcomers": { name: "squarecb", gamma: 6000, newcomers: NEWCOMERS },
};

export interface Setting {
  readonly seed: number;
  readonly policy: Policy;
  readonly stops: readonly number[];
}

/** Visitors, of whom each sees four placements. */
export const STOPS = [150, 400, 1000, 2000, 4000, 6000, 8000, 11_000, 16_000, 25_000, 45_000];

export function learningRun({ seed, policy, stops }: Setting): LearningRun {
  const market = createMarket(seed, RANDOM_CLICK_RATE);
  return { market, policy, stops, seed, crowd: CROWD, days: DAYS, taskOf, createdOn: createdIn(market) };
}

/** Half of the campaigns are there from the start; the others enter one after the other, over the first quarter of the run. */
function createdIn({ creatives }: Market): LearningRun["createdOn"] {
  const campaigns = [...new Set(creatives.map(({ campaignId }) => campaignId))];
  const first = campaigns.length / 2;
  const apart = DAYS / 4 / (campaigns.length - first);
  return ({ campaignId }) => {
    const place = campaigns.indexOf(campaignId);
    return place < first ? -1 : (place - first + 1) * apart;
  };
}

/** Some 50 steps an epoch, whatever there is to learn from; and a penalty that is the same prior for few and for many. */
export function taskOf(impressions: number): Task {
  const batchSize = Math.min(2048, Math.max(64, 2 ** Math.round(Math.log2(impressions / 50))));
  return parse(Task, {
    ...structuredClone(adClick),
    fields: adClick.fields.filter(({ name }) => FIELDS.includes(name)),
    model: { family: "deepfm", embeddingDimension: 8, hidden: [16] },
    training: {
      schedule: "cosine",
      epochs: 10,
      patience: 10,
      batchSize,
      learningRate: 0.005 * Math.sqrt(batchSize / 256),
      l2Embedding: Math.min(0.01, 15 / impressions),
      posterior: { priorVariance: 1, rowVariance: 0.3 }, // 0.1 gave the same regret on market 1
    },
  });
}

// The simulated past that a first model learns from, encoded: the older nine tenths train it, the newest tenth validates it.
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { loadParts, type Splits } from "../dataset/load.ts";
import { simulatedExamples } from "./examples.ts";
import type { Market } from "./market.ts";
import type { Crowd } from "./visits.ts";

/** A first model's: about 194,000 impressions. */
export const HISTORY_VISITORS = 50_000;

const TRAIN_SHARE = 0.9;
const DAY_MS = 86_400_000;

/** Crowds of their own, so that nobody who is asked about was learned from. Those of traffic are seconds since 1970. */
const CROWD = { history: 1, assessment: 2 } as const;

/** Two weeks of random choices until `nowMs`. */
export const historyCrowd = (market: Market, visitorCount: number, nowMs: number): Crowd => ({
  market,
  crowd: CROWD.history,
  visitorCount,
  firstMs: nowMs - 14 * DAY_MS,
  days: 14,
  policy: "random",
});

/** Other visitors, in the week from `nowMs`. */
export const assessmentCrowd = (market: Market, visitorCount: number, nowMs: number): Crowd => ({
  market,
  crowd: CROWD.assessment,
  visitorCount,
  firstMs: nowMs,
  days: 7,
  policy: "random",
});

/** Simulates once and encodes; the records are dropped as soon as they are encoded. */
export async function simulateHistory(task: Task, crowd: Crowd): Promise<Splits<Dataset>> {
  const records = Array.from(simulatedExamples(crowd), ({ record }) => record);
  const validFrom = Math.floor(records.length * TRAIN_SHARE);
  const source = async function* () {
    yield* records;
  };
  return loadParts(task, [{ source, split: (_, index) => (index < validFrom ? "train" : "valid") }]);
}

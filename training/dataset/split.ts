// Decides which of train, validation and test an example of one data set belongs to: 70, 15 and 15 in a hundred.
import { hashText } from "../../shared/features/hash.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { readTimeMs } from "./label.ts";
import { NumberList } from "./number-list.ts";
import type { Part, RecordSource } from "./record-source.ts";

const TRAIN_SHARE = 0.7;
const VALID_END_SHARE = 0.85;

/** By time where the task has one, else at random. */
export async function splitSource(source: RecordSource, task: Pick<Task, "time">, seed: number): Promise<Part> {
  return task.time === undefined ? splitRandom(source, seed) : splitByTime(source, task.time);
}

/** Every position draws by a hash of its own, so the split needs no memory and does not change when rows are appended. */
export function splitRandom(source: RecordSource, seed: number): Part {
  return {
    source,
    split: (_, index) => {
      const draw = hashText(String(index), seed) / 2 ** 32;
      return draw < TRAIN_SHARE ? "train" : draw < VALID_END_SHARE ? "valid" : "test";
    },
  };
}

/** Every training example is older than every validation example, and those than every test example. Reads the times in one pass. */
export async function splitByTime(source: RecordSource, time: string): Promise<Part> {
  const times = new NumberList();
  for await (const record of source()) times.add(readTimeMs(record[time]));
  const sorted = times.view().sort();
  const { validMs, testMs } = cutTimes(sorted, time);
  return {
    source,
    split: (record) => {
      const timeMs = readTimeMs(record[time]);
      return timeMs < validMs ? "train" : timeMs < testMs ? "valid" : "test";
    },
  };
}

/** Cuts as near the shares as distinct times allow. */
function cutTimes(sorted: Float64Array, time: string): { validMs: number; testMs: number } {
  const targets = { valid: Math.round(sorted.length * TRAIN_SHARE), test: Math.round(sorted.length * VALID_END_SHARE) };
  let test = nearestStep(sorted, targets.test, 1, sorted.length);
  let valid = nearestStep(sorted, targets.valid, 1, test);
  if (valid === -1) {
    valid = test;
    test = nearestStep(sorted, targets.test, valid + 1, sorted.length);
  }
  const validMs = sorted[valid];
  const testMs = sorted[test];
  if (validMs !== undefined && testMs !== undefined) return { validMs, testMs };
  const detail = `"${time}" has fewer than three different values: leave "time" out to split at random, or give the splits as files`;
  throw new CodedError("times_indistinct", "time", detail);
}

/** The index in `from .. to - 1` nearest to `target` at which the time changes; -1 where there is none. */
function nearestStep(sorted: Float64Array, target: number, from: number, to: number): number {
  const isStep = (index: number) => index >= from && index < to && sorted[index - 1] !== sorted[index];
  for (let distance = 0; distance < sorted.length; distance++) {
    if (isStep(target - distance)) return target - distance;
    if (isStep(target + distance)) return target + distance;
  }
  return -1;
}

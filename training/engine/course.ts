// What changes while a training goes on, besides the learner: how far it is, and what it has come to.
import type { Checkpoint, EpochRecord, Progress } from "./checkpoint.ts";
import type { DeviceName } from "./device.ts";
import type { Snapshot } from "./learner.ts";

/** `best.snapshot` is null where the best weights are the learner's own, or there are none yet; for the rest see `Progress`. */
export interface Course extends Omit<Progress, "version" | "device" | "bestLogloss" | "wallMs"> {
  best: { readonly logloss: number; readonly snapshot: Snapshot | null };
  history: EpochRecord[];
}

export function createCourse(kept: Checkpoint | null): Course {
  if (kept) {
    const { version, device, bestLogloss, wallMs, ...course } = kept.progress;
    return { ...course, best: { logloss: bestLogloss ?? Number.POSITIVE_INFINITY, snapshot: kept.best } };
  }
  const best = { logloss: Number.POSITIVE_INFINITY, snapshot: null };
  const counts = { step: 0, samplesDone: 0, lossSum: 0, epochsWithoutGain: 0, gainless: 0, trainMs: 0 };
  return { epoch: 1, ...counts, best, history: [] };
}

export function progressOf({ best, ...course }: Course, device: DeviceName, wallMs: number): Progress {
  const bestLogloss = Number.isFinite(best.logloss) ? best.logloss : null;
  return { version: 1, device, ...course, bestLogloss, wallMs };
}

/** Ends an epoch that came to these figures. `snapshot` is of its weights, where they are the best and more may follow. */
export function endEpoch(course: Course, figures: Omit<EpochRecord, "epoch">, snapshot: Snapshot | null): void {
  const better = figures.validLogloss < course.best.logloss;
  if (better) course.best = { logloss: figures.validLogloss, snapshot };
  else course.epochsWithoutGain++;
  course.gainless = better ? 0 : course.gainless + 1;
  course.history.push({ epoch: course.epoch, ...figures });
  course.epoch++;
  course.step = 0;
  course.lossSum = 0;
}

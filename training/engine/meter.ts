// How far a training is, and how fast: told to whoever listens.
import type { Task } from "../../shared/tasks/task.ts";
import { countOf, type Examples } from "../dataset/shards.ts";
import type { Course } from "./course.ts";

/** How far training is, told after every step. `samplesTotal` assumes that no epoch is spared by early stop. */
export interface TrainProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly samplesDone: number;
  readonly samplesTotal: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
  /** Training logloss, averaged over about the last 20 steps. */
  readonly loss: number;
  /** Logloss on `valid` after the last full epoch; null in the first. */
  readonly validLogloss: number | null;
}

/** What there is to be trained, and who is told of it. */
export interface Metered {
  readonly task: Task;
  readonly train: Examples;
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
}

const LOSS_MEMORY = 0.95;

export const speedOf = ({ samplesDone, trainMs }: Course): number => (trainMs === 0 ? 0 : (samplesDone * 1000) / trainMs);

export function createMeter({ task, train, onProgress }: Metered, course: Course) {
  const { epochs } = task.training;
  const samplesTotal = countOf(train) * epochs;
  let recent: number | null = null;
  return {
    report(loss: number): void {
      recent = recent === null ? loss : LOSS_MEMORY * recent + (1 - LOSS_MEMORY) * loss;
      const { epoch, samplesDone } = course;
      const samplesPerSecond = speedOf(course);
      const secondsLeft = (samplesTotal - samplesDone) / samplesPerSecond;
      const validLogloss = course.history.at(-1)?.validLogloss ?? null;
      onProgress?.({ epoch, epochs, samplesDone, samplesTotal, samplesPerSecond, secondsLeft, loss: recent, validLogloss });
    },
  };
}

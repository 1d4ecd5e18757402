// The learning rate of each epoch. It is constant within one, so that lazy decay can catch up in closed form.
import type { TrainingSpec } from "../../shared/tasks/training-spec.ts";

/** What each epoch without a better validation logloss multiplies the rate by, under "plateau". */
const PLATEAU_FACTOR = 0.1;

/** `epoch` counts from 0; `epochsWithoutGain` counts those in all so far. */
export function learningRateAt(spec: TrainingSpec, epoch: number, epochsWithoutGain: number): number {
  switch (spec.schedule) {
    case "constant":
      return spec.learningRate;
    case "plateau":
      return spec.learningRate * PLATEAU_FACTOR ** epochsWithoutGain;
    case "cosine": // Loshchilov and Hutter, 2017, without restarts
      return (spec.learningRate * (1 + Math.cos((Math.PI * epoch) / spec.epochs))) / 2;
  }
}

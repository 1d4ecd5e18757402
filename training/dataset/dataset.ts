// Encoded examples in memory: what the engine trains on and what evaluation scores.
import type { Bags } from "../../shared/features/bags.ts";

/**
 * `context.count` = `candidate.count` = `labels.length` examples. `labels` are 0 or 1. `timesMs` is null where the data have no time.
 * `through` is 1 where the step on the way to the label was taken, absent where the task names none.
 * `targets`, where given, are probabilities that take the place of the labels in training: what teachers say of each example.
 */
export interface Dataset {
  readonly context: Bags;
  readonly candidate: Bags;
  readonly labels: Uint8Array;
  readonly through?: Uint8Array;
  readonly targets?: Float32Array;
  readonly timesMs: Float64Array | null;
}

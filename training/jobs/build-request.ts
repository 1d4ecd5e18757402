// What building a model takes, whatever it learns from.
import type { Task } from "../../shared/tasks/task.ts";
import type { Splits } from "../dataset/load.ts";
import type { CheckpointSlot } from "../engine/checkpoint.ts";
import type { DeviceChoice } from "../engine/device.ts";
import type { TrainProgress } from "../engine/meter.ts";

/** `model` says which one is in training, where there are several. */
export interface BuildProgress extends TrainProgress {
  readonly model?: string;
}

export interface BuildRequest {
  readonly task: Task;
  /** May be on disk, but for teachers and for a model that retrieves. */
  readonly splits: Splits;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Places by name: what each model in training has come to is kept there, and taken up from there. */
  readonly checkpoints?: ((name: string) => CheckpointSlot) | undefined;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

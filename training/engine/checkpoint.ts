// A training between two steps, as tensors: from it the training goes on as if it had never stopped.
import * as v from "valibot";
import type { Tensor } from "../../shared/artifact/safetensors.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { int, number } from "../../shared/schemas/numbers.ts";
import { strictObject } from "../../shared/schemas/objects.ts";
import { DEVICE_NAMES } from "./device.ts";
import type { LearnerState, Snapshot } from "./learner.ts";

const count = v.pipe(int, v.minValue(0));

/** One epoch; `epoch` counts from 1. */
const EpochRecord = strictObject({ epoch: count, learningRate: number, trainLogloss: number, validLogloss: number });
export type EpochRecord = Readonly<v.InferOutput<typeof EpochRecord>>;

/**
 * Where a training stands: `step` steps of `epoch` are done, over which the losses of their examples add up to `lossSum`.
 * `epochsWithoutGain` counts all of them, `gainless` those since the best. `bestLogloss` is null before the first is over.
 */
const Progress = strictObject({
  version: v.literal(1),
  device: v.picklist(DEVICE_NAMES),
  epoch: count,
  step: count,
  /** In all epochs. */
  samplesDone: count,
  lossSum: number,
  epochsWithoutGain: count,
  gainless: count,
  bestLogloss: v.nullable(number),
  history: v.array(EpochRecord),
  /** Time spent: in steps, and in all. */
  trainMs: number,
  wallMs: number,
});
export type Progress = v.InferOutput<typeof Progress>;

/** `best` is null where the best weights so far are the learner's own, or there are none yet. */
export interface Checkpoint {
  readonly progress: Progress;
  readonly learner: LearnerState;
  readonly best: Snapshot | null;
}

/** A place that holds one set of tensors, whole, or none. `path` names it in errors. */
export interface CheckpointSlot {
  readonly path: string;
  /** Null where nothing was written. Throws `checkpoint_unusable` for what is damaged. */
  read(): Promise<ReadonlyMap<string, Tensor> | null>;
  /** Takes the place of what was there, or leaves that untouched. */
  write(tensors: ReadonlyMap<string, Tensor>): Promise<void>;
  remove(): Promise<void>;
}

const PROGRESS = "progress"; // JSON, as the bytes of a tensor
const LEARNER = "learner.";
const BEST = "best.";

export function tensorsOf({ progress, learner, best }: Checkpoint): Map<string, Tensor> {
  const json = new Int8Array(new TextEncoder().encode(JSON.stringify(progress)));
  return new Map([
    [PROGRESS, tensorOf(json)],
    ...learner.map((values, index) => [`${LEARNER}${index}`, tensorOf(values)] as const),
    ...(best ?? []).map((values, index) => [`${BEST}${index}`, tensorOf(values)] as const),
  ]);
}

/** Throws `checkpoint_unusable` at `path` for tensors that `tensorsOf` did not give. */
export function checkpointOf(tensors: ReadonlyMap<string, Tensor>, path: string): Checkpoint {
  const best = numbered(tensors, BEST).filter((values) => values instanceof Float32Array);
  const learner = numbered(tensors, LEARNER).filter((values) => !(values instanceof Int8Array));
  return { progress: readProgress(tensors.get(PROGRESS), path), learner, best: best.length > 0 ? best : null };
}

function readProgress(tensor: Tensor | undefined, path: string): Progress {
  try {
    return v.parse(Progress, JSON.parse(new TextDecoder().decode(tensor?.data)));
  } catch (cause) {
    throw unusable(path, "it is of another version, or no checkpoint of a training", { cause });
  }
}

export function unusable(path: string, reason: string, options?: ErrorOptions): CodedError {
  return new CodedError("checkpoint_unusable", path, `${reason}: remove its folder to begin anew`, undefined, options);
}

export function tensorOf(data: Tensor["data"]): Tensor {
  const dtype = data instanceof Float32Array ? "F32" : data instanceof Int32Array ? "I32" : "I8";
  return { dtype, shape: [data.length], data };
}

function numbered(tensors: ReadonlyMap<string, Tensor>, prefix: string): Tensor["data"][] {
  const found: Tensor["data"][] = [];
  for (let tensor = tensors.get(`${prefix}0`); tensor; tensor = tensors.get(`${prefix}${found.length}`)) found.push(tensor.data);
  return found;
}

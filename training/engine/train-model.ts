// THE story of a training: epochs of shuffled batches, validation after each, early stop, the best weights kept.
import { setImmediate } from "node:timers/promises";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { countOf, type Examples } from "../dataset/shards.ts";
import { createWindows, type Window } from "../dataset/windows.ts";
import type { FloatModel } from "../model/float-model.ts";
import type { FloatTowers } from "../model/float-two-tower.ts";
import { type Checkpoint, type CheckpointSlot, checkpointOf, type EpochRecord, tensorsOf } from "./checkpoint.ts";
import { type Course, createCourse, endEpoch, progressOf } from "./course.ts";
import { type DeviceChoice, type DeviceName, type OpenDevice, openDevice } from "./device.ts";
import { GpuLearner } from "./gpu/gpu-learner.ts";
import { HostLearner, type Learner } from "./learner.ts";
import { createMeter, type Metered, speedOf } from "./meter.ts";
import { measureLogloss, type Predict, predictLogits } from "./predict.ts";
import { Random } from "./random.ts";
import { learningRateAt } from "./schedule.ts";

export interface TrainRequest extends Metered {
  readonly featureMap: FeatureMap;
  readonly valid: Examples;
  readonly device: DeviceChoice;
  readonly seed: number;
  /** Written after each epoch and on abort; where it holds something, training goes on from there. */
  readonly checkpoint?: CheckpointSlot | undefined;
  /** Checked at each step; aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface TrainedModel {
  /** Both null where the family is a teacher. */
  readonly model: FloatModel | null;
  readonly towers: FloatTowers | null;
  /** Logits of every example, in the order of the data. */
  readonly predict: Predict;
  /** The same of the label once the step on the way to it is taken; null where the family does not learn that. */
  readonly predictAfterThrough: Predict | null;
  readonly device: OpenDevice;
  readonly history: readonly EpochRecord[];
  /** Training steps only, and reading for them; validation counts in `wallSeconds`. */
  readonly samplesPerSecond: number;
  readonly wallSeconds: number;
}

/**
 * Trains the task's model. The same request gives the same bytes, on the same device of the same machine, whether it is stopped and
 * taken up again from its checkpoint or not.
 * Throws `device_unavailable`, `training_diverged` when the loss is no longer a number, and `checkpoint_unusable` or
 * `checkpoint_mismatch` for a checkpoint that is not of this training.
 */
export async function trainModel(request: TrainRequest): Promise<TrainedModel> {
  const { task, featureMap, checkpoint, signal } = request;
  const kept = await readCheckpoint(checkpoint);
  const device = await openDevice(deviceOf(request.device, kept));
  const started = performance.now();
  const learner = createLearner(device.name, task, featureMap, new Random(request.seed));
  const course = createCourse(kept);
  if (kept) await learner.resume(kept.learner);
  const means = { learner, windows: createWindows(request.train), meter: createMeter(request, course) };
  const wallMs = () => (kept?.progress.wallMs ?? 0) + performance.now() - started;
  const keep = async () => {
    const progress = progressOf(course, device.name, wallMs());
    await checkpoint?.write(tensorsOf({ progress, learner: await learner.state(), best: course.best.snapshot }));
  };

  try {
    while (course.epoch <= task.training.epochs && course.gainless < task.training.patience) {
      await runEpoch(means, request, course);
      await keep();
    }
  } catch (error) {
    const betweenSteps = signal?.aborted && error === signal.reason;
    if (betweenSteps && Number.isFinite(course.lossSum)) await keep();
    throw error;
  }
  if (course.best.snapshot) await learner.restore(course.best.snapshot);
  const { batchSize } = task.training;
  const afterThrough: Predict = (data, signal) => predictLogits(learner, "logitsAfterThrough", data, batchSize, signal);
  return {
    model: await learner.export(),
    towers: await learner.exportTowers(),
    predict: (data, signal) => predictLogits(learner, "logits", data, batchSize, signal),
    predictAfterThrough: learner.isJoint ? afterThrough : null,
    device,
    history: course.history,
    samplesPerSecond: speedOf(course),
    wallSeconds: wallMs() / 1000,
  };
}

/** Where the weights live: in GPU memory, where our own programs reach it. */
function createLearner(device: DeviceName, ...given: ConstructorParameters<typeof HostLearner>): Learner {
  return device === "webgpu" ? new GpuLearner(...given) : new HostLearner(...given);
}

async function readCheckpoint(slot: CheckpointSlot | undefined): Promise<Checkpoint | null> {
  const tensors = await slot?.read();
  return slot && tensors ? checkpointOf(tensors, slot.path) : null;
}

/** The device that the checkpoint was made on: another computes other bytes. */
function deviceOf(asked: DeviceChoice, kept: Checkpoint | null): DeviceChoice {
  const used = kept?.progress.device ?? asked;
  if (asked === "auto" || asked === used) return used;
  throw new CodedError(
    "checkpoint_mismatch",
    "device",
    `the run was begun on ${used}: resume it there, or begin anew on ${asked}`,
  );
}

type Meter = ReturnType<typeof createMeter>;

/** What a training works with. */
interface Means {
  readonly learner: Learner;
  readonly windows: (random: Random) => readonly Window[];
  readonly meter: Meter;
}

/** The rest of an epoch, its validation, and what follows from that. */
async function runEpoch(means: Means, request: TrainRequest, course: Course): Promise<void> {
  const { learner } = means;
  const { training } = request.task;
  const learningRate = learningRateAt(training, course.epoch - 1, course.epochsWithoutGain);
  await trainEpoch(means, request, course, learningRate);
  await learner.settle(learningRate);
  const validLogloss = await measureLogloss(learner, request.valid, training.batchSize, request.signal);
  assertConverging(validLogloss, course.epoch);
  const worthCopying = validLogloss < course.best.logloss && course.epoch < training.epochs;
  const snapshot = worthCopying ? await learner.snapshot() : null;
  endEpoch(course, { learningRate, trainLogloss: course.lossSum / countOf(request.train), validLogloss }, snapshot);
}

/** One pass over the training set, or the rest of it. */
async function trainEpoch(means: Means, request: TrainRequest, course: Course, learningRate: number): Promise<void> {
  const random = new Random(request.seed).fork(`epoch ${course.epoch}`);
  let endStep = 0;
  for (const window of means.windows(random)) {
    const batchCount = Math.ceil(window.count / request.task.training.batchSize);
    endStep += batchCount;
    if (course.step < endStep) await trainWindow(window, endStep - batchCount, means, request, course, learningRate);
  }
}

/** A window in batches of equal size, to within one example; the first of them is the epoch's step `firstStep`. */
async function trainWindow(
  window: Window,
  firstStep: number,
  { learner, meter }: Means,
  { task, signal }: TrainRequest,
  course: Course,
  learningRate: number,
): Promise<void> {
  let begun = performance.now();
  const { data, order } = await window.load();
  const batchCount = Math.ceil(order.length / task.training.batchSize);
  const firstOf = (step: number) => Math.floor((order.length * (step - firstStep)) / batchCount);
  const count = async (samples: number, step: Promise<number>) => {
    const loss = await step;
    course.lossSum += loss * samples;
    course.samplesDone += samples;
    course.step++;
    course.trainMs += performance.now() - begun;
    begun = performance.now();
    meter.report(loss);
  };
  const underWay: Promise<void>[] = [];
  try {
    for (let step = course.step; step < firstStep + batchCount; step++) {
      await setImmediate(); // lets signals and timers in
      signal?.throwIfAborted();
      const [from, to] = [firstOf(step), firstOf(step + 1)];
      underWay.push(count(to - from, learner.step(data, order, from, to, learningRate)));
      if (underWay.length > learner.stepsInFlight) await underWay.shift();
    }
  } finally {
    await Promise.all(underWay); // a checkpoint is of whole steps
  }
}

function assertConverging(validLogloss: number, epoch: number): void {
  if (Number.isFinite(validLogloss)) return;
  throw new CodedError(
    "training_diverged",
    "training.learningRate",
    `the loss is no longer a number after epoch ${epoch}: lower it`,
  );
}

// THE story of a training: epochs of shuffled batches, validation after each, early stop, the best weights kept.
import { setImmediate } from "node:timers/promises";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FloatModel } from "../model/float-model.ts";
import { type Checkpoint, type CheckpointSlot, checkpointOf, type EpochRecord, type Progress, tensorsOf } from "./checkpoint.ts";
import { type DeviceChoice, type DeviceName, type OpenDevice, openDevice } from "./device.ts";
import { GpuLearner } from "./gpu/gpu-learner.ts";
import { HostLearner, type Learner, type Snapshot } from "./learner.ts";
import { Random } from "./random.ts";
import { learningRateAt } from "./schedule.ts";

export interface TrainRequest {
  readonly task: Task;
  readonly featureMap: FeatureMap;
  readonly train: Dataset;
  readonly valid: Dataset;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
  /** Written after each epoch and on abort; where it holds something, training goes on from there. */
  readonly checkpoint?: CheckpointSlot | undefined;
  /** Checked at each step; aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

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

export type Predict = (data: Dataset, signal?: AbortSignal) => Promise<Float32Array>;

export interface TrainedModel {
  /** Null where the family is a teacher. */
  readonly model: FloatModel | null;
  /** Logits of every example, in the order of the data. */
  readonly predict: Predict;
  /** The same of the label once the step on the way to it is taken; null where the family does not learn that. */
  readonly predictAfterThrough: Predict | null;
  readonly device: OpenDevice;
  readonly history: readonly EpochRecord[];
  /** Training steps only; validation counts in `wallSeconds`. */
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
  const meter = createMeter(request, course);
  const wallMs = () => (kept?.progress.wallMs ?? 0) + performance.now() - started;
  const keep = async () => {
    const progress = progressOf(course, device.name, wallMs());
    await checkpoint?.write(tensorsOf({ progress, learner: await learner.state(), best: course.best.snapshot }));
  };

  try {
    while (course.epoch <= task.training.epochs && course.gainless < task.training.patience) {
      await runEpoch(learner, request, course, meter);
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
    predict: (data, signal) => predictLogits(learner, "logits", data, batchSize, signal),
    predictAfterThrough: learner.isJoint ? afterThrough : null,
    device,
    history: course.history,
    samplesPerSecond: meter.samplesPerSecond(),
    wallSeconds: wallMs() / 1000,
  };
}

/** Where the weights live: in GPU memory, where our own programs reach it. */
function createLearner(device: DeviceName, ...given: ConstructorParameters<typeof HostLearner>): Learner {
  return device === "webgpu" ? new GpuLearner(...given) : new HostLearner(...given);
}

/** What changes while a training goes on, besides the learner; see `Progress`. */
interface Course extends Pick<Progress, "epoch" | "step" | "lossSum" | "epochsWithoutGain" | "gainless" | "trainMs"> {
  best: { readonly logloss: number; readonly snapshot: Snapshot | null };
  readonly history: EpochRecord[];
}

function createCourse(kept: Checkpoint | null): Course {
  const best = { logloss: kept?.progress.bestLogloss ?? Number.POSITIVE_INFINITY, snapshot: kept?.best ?? null };
  if (!kept) return { epoch: 1, step: 0, lossSum: 0, epochsWithoutGain: 0, gainless: 0, trainMs: 0, best, history: [] };
  const { epoch, step, lossSum, epochsWithoutGain, gainless, trainMs, history } = kept.progress;
  return { epoch, step, lossSum, epochsWithoutGain, gainless, trainMs, best, history };
}

function progressOf({ best, ...course }: Course, device: DeviceName, wallMs: number): Progress {
  const bestLogloss = Number.isFinite(best.logloss) ? best.logloss : null;
  return { version: 1, device, ...course, bestLogloss, wallMs };
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

/** The rest of an epoch, its validation, and what follows from that. */
async function runEpoch(learner: Learner, request: TrainRequest, course: Course, meter: Meter): Promise<void> {
  const { training } = request.task;
  const { epoch } = course;
  const learningRate = learningRateAt(training, epoch - 1, course.epochsWithoutGain);
  const trainLogloss = await trainEpoch(learner, request, course, learningRate, meter);
  await learner.settle(learningRate);
  const validLogloss = await measureLogloss(learner, request.valid, training.batchSize, request.signal);
  assertConverging(validLogloss, epoch);
  const better = validLogloss < course.best.logloss;
  if (better) course.best = { logloss: validLogloss, snapshot: epoch === training.epochs ? null : await learner.snapshot() };
  course.gainless = better ? 0 : course.gainless + 1;
  if (!better) course.epochsWithoutGain++;
  course.history.push({ epoch, learningRate, trainLogloss, validLogloss });
  course.epoch++;
  course.step = 0;
  course.lossSum = 0;
}

/** One pass over the training set in batches of equal size, to within one example. Gives the mean logloss. */
async function trainEpoch(
  learner: Learner,
  { task, train, seed, signal }: TrainRequest,
  course: Course,
  learningRate: number,
  meter: Meter,
): Promise<number> {
  const order = new Random(seed).fork(`shuffle ${course.epoch}`).shuffle(ascending(train.labels.length));
  const batchCount = Math.ceil(order.length / task.training.batchSize);
  let lastMs = performance.now();
  const count = async (samples: number, step: Promise<number>) => {
    const loss = await step;
    course.lossSum += loss * samples;
    course.step++;
    const nowMs = performance.now();
    course.trainMs += nowMs - lastMs;
    lastMs = nowMs;
    meter.add(samples, loss);
  };
  const underWay: Promise<void>[] = [];
  try {
    for (let step = course.step; step < batchCount; step++) {
      await setImmediate(); // lets signals and timers in
      signal?.throwIfAborted();
      const from = Math.floor((order.length * step) / batchCount);
      const to = Math.floor((order.length * (step + 1)) / batchCount);
      underWay.push(count(to - from, learner.step(train, order, from, to, learningRate)));
      if (underWay.length > learner.stepsInFlight) await underWay.shift();
    }
  } finally {
    await Promise.all(underWay); // a checkpoint is of whole steps
  }
  return course.lossSum / order.length;
}

/** Mean logloss of raw logits, in f64. */
async function measureLogloss(
  learner: Learner,
  data: Dataset,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const logits = await predictLogits(learner, "logits", data, batchSize, signal);
  const targets = data.targets ?? data.labels;
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    total += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - x * targets[i]!;
  }
  return total / logits.length;
}

async function predictLogits(
  learner: Learner,
  kind: "logits" | "logitsAfterThrough",
  data: Dataset,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const order = ascending(data.labels.length);
  const logits = new Float32Array(order.length);
  for (let from = 0; from < order.length; from += batchSize) {
    signal?.throwIfAborted();
    const to = Math.min(order.length, from + batchSize);
    logits.set(await learner[kind](data, order, from, to), from);
  }
  return logits;
}

function assertConverging(validLogloss: number, epoch: number): void {
  if (Number.isFinite(validLogloss)) return;
  throw new CodedError(
    "training_diverged",
    "training.learningRate",
    `the loss is no longer a number after epoch ${epoch}: lower it`,
  );
}

function ascending(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => index);
}

const LOSS_MEMORY = 0.95;

/** Counts samples, and tells the request's listener. */
export function createMeter(
  { task, train, onProgress }: TrainRequest,
  course: Pick<Course, "epoch" | "step" | "trainMs" | "history">,
) {
  const { epochs, batchSize } = task.training;
  const perEpoch = train.labels.length;
  const samplesTotal = perEpoch * epochs;
  const batchCount = Math.ceil(perEpoch / batchSize);
  let samplesDone = (course.epoch - 1) * perEpoch + Math.floor((perEpoch * course.step) / batchCount);
  let recent: number | null = null;
  const samplesPerSecond = () => (course.trainMs === 0 ? 0 : (samplesDone * 1000) / course.trainMs);
  return {
    samplesPerSecond,
    add(samples: number, loss: number): void {
      samplesDone += samples;
      recent = recent === null ? loss : LOSS_MEMORY * recent + (1 - LOSS_MEMORY) * loss;
      const secondsLeft = (samplesTotal - samplesDone) / samplesPerSecond();
      const speed = { samplesDone, samplesTotal, samplesPerSecond: samplesPerSecond(), secondsLeft };
      const validLogloss = course.history.at(-1)?.validLogloss ?? null;
      onProgress?.({ epoch: course.epoch, epochs, ...speed, loss: recent, validLogloss });
    },
  };
}

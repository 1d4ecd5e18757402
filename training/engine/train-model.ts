// THE story of a training: epochs of shuffled batches, validation after each, early stop, the best weights kept.
import { setImmediate } from "node:timers/promises";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FloatModel } from "../model/float-model.ts";
import { type DeviceChoice, type OpenDevice, openDevice } from "./device.ts";
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

/** One epoch; `epoch` counts from 1. */
export interface EpochRecord {
  readonly epoch: number;
  readonly learningRate: number;
  readonly trainLogloss: number;
  readonly validLogloss: number;
}

export interface TrainedModel {
  /** Null where the family is a teacher. */
  readonly model: FloatModel | null;
  /** Logits of every example, in the order of the data. */
  predict(data: Dataset, signal?: AbortSignal): Promise<Float32Array>;
  readonly device: OpenDevice;
  readonly history: readonly EpochRecord[];
  /** Training steps only; validation counts in `wallSeconds`. */
  readonly samplesPerSecond: number;
  readonly wallSeconds: number;
}

/**
 * Trains the task's model. The same request gives the same bytes, on the same device of the same machine.
 * Throws `device_unavailable`, and `training_diverged` when the loss is no longer a number.
 */
export async function trainModel(request: TrainRequest): Promise<TrainedModel> {
  const { task, featureMap, valid, seed, signal } = request;
  const device = await openDevice(request.device);
  const started = performance.now();
  const random = new Random(seed);
  const learner = new (device.name === "webgpu" ? GpuLearner : HostLearner)(task, featureMap, random);
  const order = ascending(request.train.labels.length);
  const shuffles = random.fork("shuffle");
  const meter = createMeter(request);
  const history: EpochRecord[] = [];
  let best: { logloss: number; snapshot: Snapshot | null } = { logloss: Number.POSITIVE_INFINITY, snapshot: null };
  let epochsWithoutGain = 0;
  let gainless = 0;

  for (let epoch = 1; epoch <= task.training.epochs && gainless < task.training.patience; epoch++) {
    const learningRate = learningRateAt(task.training, epoch - 1, epochsWithoutGain);
    const trainLogloss = await trainEpoch(learner, request, shuffles.shuffle(order), learningRate, meter);
    await learner.settle(learningRate);
    const validLogloss = await measureLogloss(learner, valid, task.training.batchSize, signal);
    assertConverging(validLogloss, epoch);
    history.push({ epoch, learningRate, trainLogloss, validLogloss });
    meter.endEpoch(validLogloss);
    const better = validLogloss < best.logloss;
    if (better) best = { logloss: validLogloss, snapshot: epoch === task.training.epochs ? null : await learner.snapshot() };
    gainless = better ? 0 : gainless + 1;
    if (!better) epochsWithoutGain++;
  }
  if (best.snapshot) await learner.restore(best.snapshot);
  const wallSeconds = (performance.now() - started) / 1000;
  const predict = (data: Dataset, signal?: AbortSignal) => predictLogits(learner, data, task.training.batchSize, signal);
  return { model: await learner.export(), predict, device, history, samplesPerSecond: meter.samplesPerSecond(), wallSeconds };
}

type Meter = ReturnType<typeof createMeter>;

/** One pass over the training set in batches of equal size, to within one example. Gives the mean logloss. */
async function trainEpoch(
  learner: Learner,
  { task, train, signal }: TrainRequest,
  order: Int32Array,
  learningRate: number,
  meter: Meter,
): Promise<number> {
  const batchCount = Math.ceil(order.length / task.training.batchSize);
  let total = 0;
  let lastMs = performance.now();
  const count = async (samples: number, step: Promise<number>) => {
    const loss = await step;
    const nowMs = performance.now();
    meter.add(samples, nowMs - lastMs, loss);
    lastMs = nowMs;
    total += loss * samples;
  };
  const underWay: Promise<void>[] = [];
  for (let batch = 0; batch < batchCount; batch++) {
    await setImmediate(); // lets signals and timers in
    signal?.throwIfAborted();
    const from = Math.floor((order.length * batch) / batchCount);
    const to = Math.floor((order.length * (batch + 1)) / batchCount);
    const counted = count(to - from, learner.step(train, order, from, to, learningRate));
    counted.catch(() => {}); // told where it is awaited
    underWay.push(counted);
    if (underWay.length > learner.stepsInFlight) await underWay.shift();
  }
  await Promise.all(underWay);
  return total / order.length;
}

/** Mean logloss of raw logits, in f64. */
async function measureLogloss(
  learner: Learner,
  data: Dataset,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const logits = await predictLogits(learner, data, batchSize, signal);
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
  data: Dataset,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const order = ascending(data.labels.length);
  const logits = new Float32Array(order.length);
  for (let from = 0; from < order.length; from += batchSize) {
    signal?.throwIfAborted();
    const to = Math.min(order.length, from + batchSize);
    logits.set(await learner.logits(data, order, from, to), from);
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

/** Counts samples and time, and tells the request's listener. */
function createMeter({ task, train, onProgress }: TrainRequest) {
  const { epochs } = task.training;
  const samplesTotal = train.labels.length * epochs;
  let samplesDone = 0;
  let trainMs = 0;
  let epoch = 1;
  let recent: number | null = null;
  let lastValid: number | null = null;
  const samplesPerSecond = () => (trainMs === 0 ? 0 : (samplesDone * 1000) / trainMs);
  return {
    samplesPerSecond,
    add(samples: number, ms: number, loss: number): void {
      samplesDone += samples;
      trainMs += ms;
      recent = recent === null ? loss : LOSS_MEMORY * recent + (1 - LOSS_MEMORY) * loss;
      const secondsLeft = (samplesTotal - samplesDone) / samplesPerSecond();
      const speed = { samplesDone, samplesTotal, samplesPerSecond: samplesPerSecond(), secondsLeft };
      onProgress?.({ epoch, epochs, ...speed, loss: recent, validLogloss: lastValid });
    },
    endEpoch(validLogloss: number): void {
      epoch++;
      lastValid = validLogloss;
    },
  };
}

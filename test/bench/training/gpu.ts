// npm run bench -- training-gpu: samples a second of DeepFM 400-400-400 at 26 fields and 1 M rows, all of it on the GPU.
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import { layoutFields } from "../../../shared/features/feature-map.ts";
import { openDevice } from "../../../training/engine/device.ts";
import { GpuLearner } from "../../../training/engine/gpu/gpu-learner.ts";
import { createBatch, fillBatch } from "../../../training/engine/gpu/indexed-batch.ts";
import { createHistory, sortByRow } from "../../../training/engine/gpu/row-sort.ts";
import { shapeOf } from "../../../training/engine/history-layout.ts";
import { HostLearner } from "../../../training/engine/learner.ts";
import { Network } from "../../../training/engine/network.ts";
import { Random } from "../../../training/engine/random.ts";
import { createNet } from "../../../training/model/family.ts";
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { median } from "../median.ts";
import { formatTable } from "../table.ts";
import {
  ascending,
  BATCH_SIZE,
  createShape,
  EMBEDDING_DIMENSION,
  firstExample,
  LEARNING_RATE,
  SEED,
  type TrainingShape,
} from "./shape.ts";

const BATCH_SIZES = [4096, 16_384, 65_536];
const SECONDS = 4;
const WARM_UP_STEPS = 4;
const COMPARED_STEPS = 3;

interface Measured {
  readonly batchSize: number;
  readonly samplesPerSecond: number;
  /** A step alone: nothing else under way. */
  readonly aloneMs: number;
  /** This thread's share of a step, `submitMs` with `uploadMs`. */
  readonly fillMs: number;
  readonly uploadMs: number;
  readonly submitMs: number;
  /** The other thread's, measured in this one. */
  readonly sortMs: number;
}

export const trainingGpu: Benchmark = {
  summary: "samples a second in training on a GPU through WebGPU, with everything in its memory",
  async run({ quick, progress }) {
    const shape = createShape("large");
    progress("first losses, on the host");
    await openDevice("wasm");
    const wanted = await firstLosses(new HostLearner(shape.task, shape.featureMap, new Random(SEED)), shape);
    progress("first losses, on the GPU");
    await openDevice("webgpu");
    const got = await firstLosses(new GpuLearner(shape.task, shape.featureMap, new Random(SEED)), shape);
    progress(`${adapterName()}: losses ${got.join(", ")}, on the host ${wanted.join(", ")}`);
    const lossDifference = Math.max(...wanted.map((loss, step) => Math.abs(loss - got[step]!)));
    const measured: Measured[] = [];
    for (const batchSize of quick ? BATCH_SIZES.slice(0, 1) : BATCH_SIZES) {
      progress(`batches of ${batchSize}`);
      measured.push(await measure(shape, batchSize, quick ? 0.5 : SECONDS));
      progress(JSON.stringify(measured.at(-1)));
    }
    progress("where a step's time goes");
    const programs = await profile(shape, quick ? BATCH_SIZE : BATCH_SIZES.at(-1)!);
    const result = {
      machine: describeMachine(),
      adapter: adapterName(),
      losses: { wanted, got },
      lossDifference,
      measured,
      programs,
    };
    const number = (value: number, digits = 0) => value.toLocaleString("en", { maximumFractionDigits: digits });
    const text = [
      `${result.adapter}; first losses ${got.map((loss) => loss.toFixed(6)).join(", ")}, within ${lossDifference.toExponential(1)} of the host's`,
      formatTable([
        ["batch", "samples/s", "ms a step", "fill", "upload", "submit", "sort", "alone"],
        ...measured.map(({ batchSize, samplesPerSecond, fillMs, uploadMs, submitMs, sortMs, aloneMs }) => [
          number(batchSize),
          number(samplesPerSecond),
          number((batchSize / samplesPerSecond) * 1000, 2),
          ...[fillMs, uploadMs, submitMs, sortMs, aloneMs].map((ms) => number(ms, 2)),
        ]),
      ]),
      formatTable([
        ["tfjs program", "calls", "ms"],
        ...programs.map(({ name, calls, ms }) => [name, String(calls), ms.toFixed(2)]),
      ]),
    ].join("\n\n");
    return { result, text };
  },
};

type Steps = Pick<GpuLearner, "step">;

async function firstLosses(learner: Steps, { data }: TrainingShape): Promise<number[]> {
  const order = ascending(data.labels.length);
  const losses: number[] = [];
  for (let step = 0; step < COMPARED_STEPS; step++)
    losses.push(await learner.step(data, order, firstExample(step), firstExample(step) + BATCH_SIZE, LEARNING_RATE));
  return losses;
}

async function measure(shape: TrainingShape, batchSize: number, seconds: number): Promise<Measured> {
  const learner = new GpuLearner(shape.task, shape.featureMap, new Random(SEED));
  const next = nextBatches(shape, batchSize);
  const step = () => learner.step(shape.data, ...next(), LEARNING_RATE);
  for (let i = 0; i < WARM_UP_STEPS; i++) await step();
  const aloneMs = await timed(3, step);
  const before = { ...learner.spentMs };
  const underWay: Promise<number>[] = [];
  let steps = 0;
  const begun = performance.now();
  for (; performance.now() - begun < seconds * 1000; steps++) {
    await setImmediate(); // as a training does
    underWay.push(step());
    if (underWay.length > learner.stepsInFlight) await underWay.shift();
  }
  await Promise.all(underWay);
  const samplesPerSecond = (steps * batchSize * 1000) / (performance.now() - begun);
  const spent = (name: keyof typeof before) => (learner.spentMs[name] - before[name]) / steps;
  const own = { fillMs: spent("fill"), uploadMs: spent("upload"), submitMs: spent("submit") };
  return { batchSize, samplesPerSecond, aloneMs, ...own, sortMs: measureSorting(shape, next) };
}

function measureSorting({ featureMap: { rowCount }, data }: TrainingShape, next: NextBatch): number {
  const history = createHistory(rowCount);
  const cursor = new Int32Array(rowCount);
  const batch = createBatch();
  const times = Array.from({ length: 9 }, (_, step) => {
    fillBatch(batch, data, ...next());
    const begun = performance.now();
    sortByRow(batch, history, step + 1, cursor);
    return performance.now() - begun;
  });
  return median(times);
}

async function timed(times: number, run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  for (let i = 0; i < times; i++) await run();
  return (performance.now() - begun) / times;
}

type NextBatch = () => [order: Int32Array, from: number, to: number];

/** Batches in shuffled order, again and again. */
function nextBatches({ data }: TrainingShape, batchSize: number): NextBatch {
  const order = new Random(2).shuffle(ascending(data.labels.length));
  const batches = Math.floor(order.length / batchSize);
  let batch = 0;
  return () => {
    const from = (batch++ % batches) * batchSize;
    return [order, from, from + batchSize];
  };
}

/** Milliseconds by tfjs program, of the net's part of one step; all 0 where the adapter has no timestamps. */
async function profile({ task, featureMap }: TrainingShape, batchSize: number): Promise<Spent[]> {
  const shape = shapeOf(layoutFields(featureMap, EMBEDDING_DIMENSION), [], EMBEDDING_DIMENSION);
  const network = new Network(createNet(task.model, shape, new Random(SEED)), new Random(SEED));
  const inputs = { x0: tf.fill<tf.Rank.R2>([batchSize, shape.width], 0.01), sums: tf.zeros<tf.Rank.R2>([batchSize, 1]) };
  const parameters = network.parameters.map(({ values, shape: size }) => tf.tensor2d(values, size));
  const run = () => tf.tidy(() => void network.differentiate(inputs, [inputs.sums], parameters, () => inputs.sums));
  run();
  const time = (await tf.backend().time(run)) as tf.TimingInfo & { getExtraProfileInfo(): string }; // as the backend "webgpu" gives it
  const byName = new Map<string, Spent>();
  for (const entry of time.getExtraProfileInfo().split(", ")) {
    const [name = "", ms = "0"] = entry.split(": ");
    const before = byName.get(name) ?? { calls: 0, ms: 0 };
    byName.set(name, { name, calls: before.calls + 1, ms: before.ms + Number(ms) });
  }
  return [...byName.values()].sort((a, b) => b.ms - a.ms);
}

interface Spent {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
}

/** Only of use once the device is open. */
function adapterName(): string {
  const { device } = tf.backend() as unknown as { readonly device: GPUDevice }; // of the backend "webgpu"
  const { vendor, architecture, device: name, description } = device.adapterInfo;
  return [vendor, architecture, name, description].filter((part) => part !== "").join(" ");
}

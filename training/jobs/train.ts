// THE story of a training run from files: load, build, write the run's folder, publish where asked to.

import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Metrics } from "../../shared/artifact/manifest.ts";
import type { Published } from "../../shared/artifact/publish-document.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { type DataFiles, type Splits, streamSplits } from "../dataset/load.ts";
import { countOf, WINDOW_SHARDS } from "../dataset/shards.ts";
import { type DeviceChoice, type DeviceName, type OpenDevice, openDevice } from "../engine/device.ts";
import type { Recall } from "../evaluate/recall.ts";
import type { SplitMetrics } from "../evaluate/split-metrics.ts";
import type { ModelArtifact } from "../publish/artifact.ts";
import { type Publisher, publishModel } from "../publish/publish.ts";
import { type Report, reportOn } from "../report/report.ts";
import { type BuiltModel, buildModel } from "./build-model.ts";
import type { BuildProgress } from "./build-request.ts";
import { digestFiles, openRunCheckpoint, type RunCheckpoint, readInterruptedRun } from "./run-checkpoint.ts";
import { requireFreeFolder, writeRunFolder } from "./run-folder.ts";

export interface TrainRequest {
  readonly task: Task;
  readonly files: DataFiles;
  readonly device: DeviceChoice;
  /** See `openDevice`. */
  readonly threads?: number | undefined;
  readonly seed: number;
  /** Encoded examples of a split that are in memory at a time; see `streamParts`. */
  readonly windowMiB: number;
  /** The run's folder; must be empty, or not there. */
  readonly folder: string;
  /** Goes on with the run of this folder that was interrupted, which must have been begun with the same task, data, seed and device. */
  readonly resume: boolean;
  /** Null publishes nothing. */
  readonly publisher: Omit<Publisher, "nowMs"> | null;
  readonly codeCommit: string | null;
  readonly now: () => number;
  readonly onStage: (stage: TrainStage) => void;
  readonly onProgress: (progress: BuildProgress) => void;
  readonly signal: AbortSignal;
}

export type TrainStage = "loading" | "training" | "reporting" | "writing" | "publishing";

/**
 * metrics.json: both models on both splits, what serving in integers gains or loses, and how fast it went. `wallSeconds` is from the
 * first read to the last score, in a run that was resumed since then.
 */
export interface RunMetrics {
  readonly float: SplitMetrics;
  readonly served: SplitMetrics;
  readonly quantization: SplitChange;
  /** The teachers, their ensemble, and what the student, as it is served, gains or loses against that; null without teachers. */
  readonly teaching: (NonNullable<BuiltModel["teachers"]> & { readonly student: SplitChange }) | null;
  /** Null for a model that ranks. */
  readonly recall: Recall | null;
  readonly samplesPerSecond: number;
  readonly trainSeconds: number;
  readonly wallSeconds: number;
  /** Of the served model on the test split, or on validation where there is none. */
  readonly segments: Report["segments"];
  readonly importance: Report["importance"];
  /** Absent where both are of the whole split. */
  readonly sampleExamples?: Report["sampleExamples"];
}

/** What the log and the summary tell of it. */
export type RunFigures = Omit<RunMetrics, "segments" | "importance" | "sampleExamples">;

export interface TrainRun {
  readonly metrics: RunMetrics;
  readonly published: Published | null;
}

/** Rejects with the signal's reason once it is aborted; only a checkpoint is left behind then, to be resumed from. */
export async function train(request: TrainRequest): Promise<TrainRun> {
  await requireFreeFolder(request.folder);
  const createdMs = request.now();
  request.onStage("loading");
  const device = await openDevice(await deviceOf(request), request.threads);
  const checkpoint = await openCheckpoint(request, device.name);
  const shardFolder = join(dirname(request.folder), `.${basename(request.folder)}.shards`);
  try {
    return await runStages(request, createdMs, device, checkpoint, shardFolder);
  } catch (error) {
    // It would diverge again.
    if (error instanceof CodedError && error.code === "training_diverged") await checkpoint.remove();
    throw error;
  } finally {
    await rm(shardFolder, { recursive: true, force: true });
  }
}

/** A run that is resumed goes on where it was. */
async function deviceOf({ device, folder, resume }: TrainRequest): Promise<DeviceChoice> {
  return resume && device === "auto" ? (await readInterruptedRun(folder)).device : device;
}

async function openCheckpoint(request: TrainRequest, device: DeviceName): Promise<RunCheckpoint> {
  const { task, files, seed, windowMiB, folder, resume, publisher, codeCommit, signal } = request;
  const digests = await unlessAborted(digestFiles(files), signal);
  const channel = publisher?.channel ?? null;
  const facts = { task, files, digests, seed, windowMiB, device, codeCommit, node: process.version, channel };
  return openRunCheckpoint(folder, { version: 1, ...facts }, resume);
}

async function runStages(
  request: TrainRequest,
  createdMs: number,
  device: OpenDevice,
  checkpoint: RunCheckpoint,
  shardFolder: string,
): Promise<TrainRun> {
  const { task, files, seed, windowMiB, folder, publisher, codeCommit, now, onStage, onProgress, signal } = request;
  const shards = { folder: shardFolder, shardBytes: (windowMiB * 2 ** 20) / WINDOW_SHARDS, signal };
  const splits = await unlessAborted(streamSplits({ task, seed, shards, ...files }), signal);
  onStage("training");
  const checkpoints = checkpoint.slot;
  const built = await buildModel({ task, splits, device: device.name, seed, onProgress, checkpoints, signal });
  const wallSeconds = (now() - createdMs) / 1000;
  onStage("reporting");
  const origin = originOf(files);
  const facts = { seed, createdMs, codeCommit, origin, command: commandOf(request) };
  const { texts, ...found } = await reportOn({ task, splits, built, ...facts, signal });
  const metrics = { ...measure(built, wallSeconds), ...found };
  const artifact: ModelArtifact = { manifest: { ...built.manifest, createdMs, codeCommit }, weights: built.weights };
  onStage("writing");
  const documents = {
    "config.json": {
      task,
      files,
      device: { asked: request.device, used: device },
      seed,
      windowMiB,
      createdMs,
      codeCommit,
      node: process.version,
    },
    "feature-map.json": splits.featureMap satisfies FeatureMap,
    "metrics.json": metrics,
  };
  await writeRunFolder(folder, { documents, texts, log: describe(splits, built, metrics), artifact }, signal);
  await checkpoint.remove();
  if (publisher === null) return { metrics, published: null };
  onStage("publishing");
  return { metrics, published: await publishModel({ ...publisher, nowMs: now() }, artifact) };
}

/** After less before: an AUC below 0 and a logloss above it are losses. */
export interface MetricsChange {
  readonly auc: number | null;
  readonly logloss: number;
}

export interface SplitChange {
  readonly valid: MetricsChange;
  readonly test: MetricsChange | null;
}

function changeOf(before: SplitMetrics, after: SplitMetrics): SplitChange {
  return {
    valid: metricsChange(before.valid, after.valid),
    test: before.test && after.test && metricsChange(before.test, after.test),
  };
}

function metricsChange(before: Metrics, after: Metrics): MetricsChange {
  const auc = before.auc === null || after.auc === null ? null : after.auc - before.auc;
  return { auc, logloss: after.logloss - before.logloss };
}

function measure({ metrics, teachers, recall, samplesPerSecond, trainSeconds }: BuiltModel, wallSeconds: number): RunFigures {
  const { float, served } = metrics;
  const quantization = changeOf(float, served);
  const teaching = teachers && { ...teachers, student: changeOf(teachers.ensemble, served) };
  return { ...metrics, quantization, teaching, recall, samplesPerSecond, trainSeconds, wallSeconds };
}

const originOf = (files: DataFiles) =>
  Object.entries(files).flatMap(([name, value]) =>
    value === undefined ? [] : [[`${name} file`, [value].flat().join(" ")] as const],
  );

/** The run again, from the task in its config.json. */
function commandOf({ files, device, seed, windowMiB }: TrainRequest): string {
  const given = Object.entries(files).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, ...[value].flat()]));
  return ["npm run train -- --task TASK.json", ...given, `--device ${device} --seed ${seed} --window ${windowMiB}`].join(" ");
}

/** The log, a line a fact: what was loaded, each epoch, what came out. */
function describe({ train, valid, test, featureMap, dataRange }: Splits, built: BuiltModel, metrics: RunFigures): object[] {
  const examples = { train: countOf(train), valid: countOf(valid), test: test ? countOf(test) : 0 };
  return [
    { event: "loaded", examples, rows: featureMap.rowCount, fields: featureMap.fields.length, dataRange },
    ...built.history.map((epoch) => ({ event: "epoch", ...epoch })),
    { event: "built", device: built.device, calibration: built.calibration, weightsBytes: built.weights.length, ...metrics },
  ];
}

/** The work goes on unheeded where the signal comes first: readers hold nothing that would have to be put back. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
  return Promise.race([work, aborted]);
}

// THE story of a model: encoded splits -> train, quantize, calibrate on the served logits, evaluate. No files, no store.
import { sha256Hex } from "../../shared/artifact/envelope.ts";
import { MANIFEST_VERSION, type Manifest, type Metrics } from "../../shared/artifact/manifest.ts";
import { writeSafetensors } from "../../shared/artifact/safetensors.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Calibration, calibrate } from "../../shared/scoring/calibration.ts";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Splits } from "../dataset/load.ts";
import type { DeviceChoice } from "../engine/device.ts";
import { type EpochRecord, type TrainedModel, type TrainProgress, trainModel } from "../engine/train-model.ts";
import { fitCalibration } from "../evaluate/fit-calibration.ts";
import { evaluate } from "../evaluate/metrics.ts";
import { scoreInChunks } from "../evaluate/score-in-chunks.ts";
import type { FloatModel } from "../model/float-model.ts";
import { floatLogits } from "../quantize/float-forward.ts";
import { readKernelModule } from "../quantize/kernel-module.ts";
import { quantize } from "../quantize/quantize.ts";
import { scoreDataset } from "../quantize/score-dataset.ts";

export type BuildProgress = TrainProgress;

export interface BuildRequest {
  readonly task: Task;
  readonly splits: Splits;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** `test` is null where the splits have none. */
export interface SplitMetrics {
  readonly valid: Metrics;
  readonly test: Metrics | null;
}

export interface BuiltModel {
  readonly floatModel: FloatModel;
  readonly served: ServedModel;
  /** Fitted on the logits of the serving kernel over `valid`. */
  readonly calibration: Calibration;
  /** Each model calibrated on its own logits of `valid`; `served` is scored by the serving kernel. */
  readonly metrics: { readonly float: SplitMetrics; readonly served: SplitMetrics };
  /** The weights' safetensors bytes: the same for the same task, splits, seed and device. */
  readonly weights: Uint8Array;
  /** The manifest but for when and from which code it was made. */
  readonly manifest: Omit<Manifest, "createdMs" | "codeCommit">;
  readonly device: TrainedModel["device"];
  readonly history: readonly EpochRecord[];
  readonly samplesPerSecond: number;
  readonly trainSeconds: number;
}

/**
 * @example
 * const built = await buildModel({ task, splits, device: "auto", seed: 1 });
 * await publishModel(publisher, { manifest: { ...built.manifest, createdMs, codeCommit }, weights: built.weights });
 */
export async function buildModel({ task, splits, ...request }: BuildRequest): Promise<BuiltModel> {
  const { signal } = request;
  const { featureMap, train, valid } = splits;
  const trained = await trainModel({ task, featureMap, train, valid, ...request });
  const floatModel = requireServed(trained.model, task);
  const served = quantize(floatModel, valid, task.model);
  const scorer = createKernelScorer(readKernelModule(), served);
  const floatResult = await measure(splits, (part) => floatLogits(floatModel, part), signal);
  const servedResult = await measure(splits, (part) => scoreDataset(scorer, part), signal);
  const { calibration } = servedResult;
  const metrics = { float: floatResult.metrics, served: servedResult.metrics };
  const weights = writeSafetensors(served.tensors);
  const manifest = await describe({ task, splits, served, calibration, metrics, weights });
  return { served, calibration, metrics, weights, manifest, floatModel, ...reportOf(trained) };
}

function requireServed(model: FloatModel | null, { model: { family } }: Task): FloatModel {
  if (model !== null) return model;
  throw new CodedError(
    "family_not_served",
    "model.family",
    `${family} is a teacher: name it under "teachers", and a served family here`,
  );
}

function reportOf({ device, history, samplesPerSecond, wallSeconds }: TrainedModel) {
  return { device, history, samplesPerSecond, trainSeconds: wallSeconds };
}

/** Calibrates a model on its logits of `valid`, and evaluates it on both splits. */
async function measure(splits: Splits, score: (part: Dataset) => Float32Array, signal: AbortSignal | undefined) {
  const validLogits = await scoreInChunks(splits.valid, score, signal);
  const calibration = fitCalibration(validLogits, splits.valid.labels);
  const valid = evaluateLogits(validLogits, calibration, splits.valid);
  const test = splits.test && evaluateLogits(await scoreInChunks(splits.test, score, signal), calibration, splits.test);
  return { calibration, metrics: { valid, test } };
}

function evaluateLogits(logits: Float32Array, calibration: Calibration, { labels }: Dataset): Metrics {
  return evaluate(
    Float64Array.from(logits, (logit) => calibrate(logit, calibration)),
    labels,
  );
}

type Described = Pick<BuiltModel, "served" | "calibration" | "metrics" | "weights"> & Pick<BuildRequest, "task" | "splits">;

async function describe(built: Described): Promise<BuiltModel["manifest"]> {
  const { task, splits, served, calibration, metrics, weights } = built;
  return {
    formatVersion: MANIFEST_VERSION,
    task: task.name,
    family: task.model.family,
    featureMap: served.featureMap,
    architecture: served.architecture,
    calibration,
    metrics: flatten(metrics),
    dataRange: splits.dataRange,
    files: { weights: { sha256: await sha256Hex(weights), sizeBytes: weights.length } },
  };
}

/** `float.valid`, `float.test`, `served.valid`, `served.test`. */
function flatten(metrics: BuiltModel["metrics"]): Record<string, Metrics> {
  const named = Object.entries(metrics).flatMap(([model, { valid, test }]) => [
    [`${model}.valid`, valid] as const,
    ...(test ? [[`${model}.test`, test] as const] : []),
  ]);
  return Object.fromEntries(named);
}

// THE story of a model: encoded splits -> train, quantize, calibrate on the served logits, evaluate. No files, no store.
import * as v from "valibot";
import { sha256Hex } from "../../shared/artifact/envelope.ts";
import { MANIFEST_VERSION, type Manifest, type Metrics } from "../../shared/artifact/manifest.ts";
import { writeSafetensors } from "../../shared/artifact/safetensors.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Calibration } from "../../shared/scoring/calibration.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import { RetrievalFamily, ServedFamily } from "../../shared/tasks/family.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { requireSplitsInMemory, type Splits } from "../dataset/load.ts";
import type { EpochRecord } from "../engine/checkpoint.ts";
import type { TrainProgress } from "../engine/meter.ts";
import { type TrainedModel, trainModel } from "../engine/train-model.ts";
import { type CalibrationChoice, chooseCalibration } from "../evaluate/fit-calibration.ts";
import type { Recall } from "../evaluate/recall.ts";
import { scoreInChunks } from "../evaluate/score-in-chunks.ts";
import { evaluateLogits, type SplitMetrics } from "../evaluate/split-metrics.ts";
import type { BuildRequest } from "./build-request.ts";
import { compress, type Score } from "./compress.ts";
import { type Member, teach } from "./teach.ts";

export interface BuiltModel {
  readonly served: ServedModel;
  /** Logits by the kernel that serves. */
  readonly score: Score;
  /** Fitted on the logits of the serving kernel over `valid`. */
  readonly calibration: Calibration;
  /** Why it is of this kind. */
  readonly calibrationChoice: CalibrationChoice;
  /** Raw ones: before calibration. */
  readonly logits: { readonly float: EvaluatedLogits; readonly served: EvaluatedLogits };
  /** Each model calibrated on its own logits of `valid`; `served` is scored by the serving kernel. */
  readonly metrics: { readonly float: SplitMetrics; readonly served: SplitMetrics };
  /** Of a model that retrieves; null for one that ranks. */
  readonly recall: Recall | null;
  /** What the model learnt from; null where the task names no teachers. */
  readonly teachers: { readonly ensemble: SplitMetrics; readonly members: readonly Member[] } | null;
  /** The weights' safetensors bytes: the same for the same task, splits, seed and device. */
  readonly weights: Uint8Array;
  /** The manifest but for when and from which code it was made. */
  readonly manifest: Omit<Manifest, "createdMs" | "codeCommit">;
  readonly device: TrainedModel["device"];
  readonly history: readonly EpochRecord[];
  readonly samplesPerSecond: number;
  readonly trainSeconds: number;
}

/** Of every example; `test` is null where the splits have none. */
export interface EvaluatedLogits {
  readonly valid: Float32Array;
  readonly test: Float32Array | null;
}

/**
 * @example
 * const built = await buildModel({ task, splits, device: "auto", seed: 1 });
 * await publishModel(publisher, { manifest: { ...built.manifest, createdMs, codeCommit }, weights: built.weights });
 */
export async function buildModel(asked: BuildRequest): Promise<BuiltModel> {
  const { task, splits, ...request } = asked;
  const { signal } = request;
  const { featureMap, valid } = splits;
  refuseUnservable(task, splits);
  const lessons = await teach(asked);
  const onProgress = lessons
    ? (progress: TrainProgress) => asked.onProgress?.({ ...progress, model: "student" })
    : asked.onProgress;
  const train = lessons?.train ?? splits.train;
  const checkpoint = request.checkpoints?.("model");
  const trained = await trainModel({ task, featureMap, train, valid, ...request, checkpoint, onProgress });
  const { served, scoreFloat, scoreServed, recall } = await compress(trained, splits, task, request.seed);
  const floatResult = await measure(splits, scoreFloat, signal);
  const servedResult = await measure(splits, scoreServed, signal);
  const { choice: calibrationChoice } = servedResult;
  const { calibration } = calibrationChoice;
  const metrics = { float: floatResult.metrics, served: servedResult.metrics };
  const weights = writeSafetensors(served.tensors);
  const manifest = await describe({ task, splits, served, calibration, metrics, weights });
  return {
    served,
    score: scoreServed,
    recall,
    calibration,
    calibrationChoice,
    logits: { float: floatResult.logits, served: servedResult.logits },
    metrics,
    weights,
    manifest,
    teachers: lessons && { ensemble: lessons.ensemble, members: lessons.members },
    ...reportOf(trained),
  };
}

/** Before anything is trained. */
function refuseUnservable({ model: { family } }: Task, splits: Splits): void {
  if (v.is(RetrievalFamily, family)) requireSplitsInMemory(splits, family);
  if (v.is(ServedFamily, family) || v.is(RetrievalFamily, family)) return;
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
async function measure(splits: Splits, score: Score, signal: AbortSignal | undefined) {
  const logits: EvaluatedLogits = {
    valid: await scoreInChunks(splits.valid, score, signal),
    test: splits.test && (await scoreInChunks(splits.test, score, signal)),
  };
  const choice = chooseCalibration(logits.valid, splits.valid.labels);
  const valid = evaluateLogits(logits.valid, choice.calibration, splits.valid);
  const test = logits.test && splits.test && evaluateLogits(logits.test, choice.calibration, splits.test);
  return { choice, logits, metrics: { valid, test } };
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

// Encoded splits -> a model that can be served: train, quantize, calibrate on the served logits, evaluate. No files, no store.
import type { Manifest, Metrics } from "../../shared/artifact/manifest.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import type { Calibration } from "../../shared/scoring/calibration.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FloatModel } from "../model/float-model.ts";

/** Examples encoded with one feature map, which was fitted on `train` alone. In time order where the data have time. */
export interface EncodedSplits {
  readonly featureMap: FeatureMap;
  readonly train: Dataset;
  readonly valid: Dataset;
  readonly test: Dataset;
}

/** How far training is. `samplesDone` counts from the first epoch; `samplesTotal` assumes that no epoch is spared by early stop. */
export interface BuildProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly samplesDone: number;
  readonly samplesTotal: number;
  readonly samplesPerSecond: number;
  /** Mean training logloss lately. */
  readonly loss: number;
  /** Logloss on `valid` after the last full epoch; null before the first has ended. */
  readonly validLogloss: number | null;
}

export interface BuildRequest {
  readonly task: Task;
  readonly splits: EncodedSplits;
  readonly device: "auto" | "wasm" | "cpu" | "webgpu" | "node" | "node-gpu";
  readonly seed: number;
  readonly onProgress?: (progress: BuildProgress) => void;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Metrics by model and split. Both models are calibrated on their own logits of `valid`. */
export type MetricName = "float.valid" | "float.test" | "served.valid" | "served.test";

export interface BuiltModel {
  readonly floatModel: FloatModel;
  readonly served: ServedModel;
  /** Fitted on the logits of the serving kernel over `valid`. */
  readonly calibration: Calibration;
  readonly metrics: Readonly<Record<MetricName, Metrics>>;
  /** The weights' safetensors bytes: the same for the same task, splits, seed and device. */
  readonly weights: Uint8Array;
  /** The manifest but for when and from which code it was made. */
  readonly manifest: Omit<Manifest, "createdMs" | "codeCommit">;
  readonly samplesPerSecond: number;
  readonly trainSeconds: number;
}

/**
 * @example
 * const built = await buildModel({ task, splits, device: "auto", seed: 1 });
 * await publishModel(store, key, { ...built.manifest, createdMs: Date.now(), codeCommit: null }, built.weights);
 */
export declare function buildModel(request: BuildRequest): Promise<BuiltModel>;

// Encoded splits -> a model that can be served: train, quantize, calibrate on the served logits, evaluate. No files, no store.
import type { Manifest, Metrics } from "../../shared/artifact/manifest.ts";
import type { Calibration } from "../../shared/scoring/calibration.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Splits } from "../dataset/load.ts";
import type { FloatModel } from "../model/float-model.ts";

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
  readonly splits: Splits;
  readonly device: "auto" | "wasm" | "cpu" | "webgpu" | "node" | "node-gpu";
  readonly seed: number;
  readonly onProgress?: (progress: BuildProgress) => void;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
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
  readonly samplesPerSecond: number;
  readonly trainSeconds: number;
}

/**
 * @example
 * const built = await buildModel({ task, splits, device: "auto", seed: 1 });
 * await publishModel(store, key, { ...built.manifest, createdMs: Date.now(), codeCommit: null }, built.weights);
 */
export declare function buildModel(request: BuildRequest): Promise<BuiltModel>;

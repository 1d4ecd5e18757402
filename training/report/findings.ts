// What a report is made from: a built model, and what is only measured for people: its segments and its fields' importance.

import { createCalibrator, IDENTITY } from "../../shared/scoring/calibration.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { drawSample } from "../dataset/draw-sample.ts";
import type { Splits } from "../dataset/load.ts";
import { readExamples } from "../dataset/select-examples.ts";
import { countOf, type Examples, isOnDisk } from "../dataset/shards.ts";
import { Random } from "../engine/random.ts";
import { type Importance, measureImportance } from "../evaluate/importance.ts";
import { evaluateSegments, type SegmentMetrics } from "../evaluate/segments.ts";
import type { BuiltModel } from "../jobs/build-model.ts";

export interface ReportRequest {
  readonly task: Task;
  readonly splits: Splits;
  readonly built: BuiltModel;
  readonly seed: number;
  readonly createdMs: number;
  readonly codeCommit: string | null;
  /** Where the data came from, name and value. */
  readonly origin: readonly (readonly [name: string, value: string])[];
  /** The command that does this run again. */
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The examples that the report looks at: the test split, or validation where there is none; of one on disk, a random sample. Every
 * array has one entry an example.
 */
export interface Examined {
  readonly split: "test" | "validation";
  /** In the split: more than are looked at, where that is a sample. */
  readonly splitExamples: number;
  readonly data: Dataset;
  readonly floatLogits: Float32Array;
  readonly servedLogits: Float32Array;
  /** As they are served. */
  readonly probabilities: Float64Array;
  /** The sigmoid of the served logits, before calibration. */
  readonly rawProbabilities: Float64Array;
}

export interface Findings extends ReportRequest {
  readonly examined: Examined;
  readonly segments: readonly SegmentMetrics[];
  readonly importance: Importance;
}

/** Rejects with the signal's reason once it is aborted. */
export async function findOut(request: ReportRequest): Promise<Findings> {
  const { built, splits, seed, signal } = request;
  const examined = await examine(built, splits, seed);
  const { fields } = splits.featureMap;
  const { calibration, score } = built;
  const importance = await measureImportance({ data: examined.data, fields, score, calibration, seed, signal });
  return { ...request, examined, importance, segments: evaluateSegments(examined.probabilities, examined.data, fields) };
}

async function examine(built: BuiltModel, { valid, test }: Splits, seed: number): Promise<Examined> {
  const { logits, calibration } = built;
  const { float, served } = logits;
  const whole =
    test && float.test && served.test
      ? ({ split: "test", data: test, floatLogits: float.test, servedLogits: served.test } as const)
      : ({ split: "validation", data: valid, floatLogits: float.valid, servedLogits: served.valid } as const);
  const chosen = await withinMemory(whole, seed);
  return {
    ...chosen,
    splitExamples: countOf(whole.data),
    probabilities: Float64Array.from(chosen.servedLogits, createCalibrator(calibration)),
    rawProbabilities: Float64Array.from(chosen.servedLogits, createCalibrator(IDENTITY)),
  };
}

type Scored<T> = Pick<Examined, "split" | "floatLogits" | "servedLogits"> & { readonly data: T };

async function withinMemory({ data, ...whole }: Scored<Examples>, seed: number): Promise<Scored<Dataset>> {
  if (!isOnDisk(data)) return { ...whole, data };
  const sample = drawSample(data, new Random(seed).fork("report"));
  const ofSample = (logits: Float32Array) => Float32Array.from(sample, (example) => logits[example]!);
  return {
    split: whole.split,
    data: await readExamples(data, sample),
    floatLogits: ofSample(whole.floatLogits),
    servedLogits: ofSample(whole.servedLogits),
  };
}

export const isSample = ({ data, splitExamples }: Examined): boolean => countOf(data) < splitExamples;

/** Metrics of the served model on the examined split, all of it. */
export const servedMetrics = ({ built: { metrics }, examined }: Findings) =>
  examined.split === "test" && metrics.served.test ? metrics.served.test : metrics.served.valid;

// What a report is made from: a built model, and what is only measured for people: its segments and its fields' importance.

import { createCalibrator, IDENTITY } from "../../shared/scoring/calibration.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Splits } from "../dataset/load.ts";
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

/** The examples that the report looks at: the test split, or validation where there is none. Every array has one entry an example. */
export interface Examined {
  readonly split: "test" | "validation";
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
  const examined = examine(built, splits);
  const { fields } = splits.featureMap;
  const { calibration, score } = built;
  const importance = await measureImportance({ data: examined.data, fields, score, calibration, seed, signal });
  return { ...request, examined, importance, segments: evaluateSegments(examined.probabilities, examined.data, fields) };
}

function examine({ logits: { float, served }, calibration }: BuiltModel, { valid, test }: Splits): Examined {
  const chosen =
    test && float.test && served.test
      ? ({ split: "test", data: test, floatLogits: float.test, servedLogits: served.test } as const)
      : ({ split: "validation", data: valid, floatLogits: float.valid, servedLogits: served.valid } as const);
  return {
    ...chosen,
    probabilities: Float64Array.from(chosen.servedLogits, createCalibrator(calibration)),
    rawProbabilities: Float64Array.from(chosen.servedLogits, createCalibrator(IDENTITY)),
  };
}

/** Metrics of the served model on the examined split. */
export const servedMetrics = ({ built: { metrics }, examined }: Findings) =>
  examined.split === "test" && metrics.served.test ? metrics.served.test : metrics.served.valid;

// Metrics of logits as they would be served: calibrated first.
import type { Metrics } from "../../shared/artifact/manifest.ts";
import { type Calibration, calibrate } from "../../shared/scoring/calibration.ts";
import type { Examples } from "../dataset/shards.ts";
import { evaluate } from "./metrics.ts";

/** `test` is null where the splits have none. */
export interface SplitMetrics {
  readonly valid: Metrics;
  readonly test: Metrics | null;
}

export function evaluateLogits(logits: Float32Array, calibration: Calibration, { labels }: Pick<Examples, "labels">): Metrics {
  return evaluate(
    Float64Array.from(logits, (logit) => calibrate(logit, calibration)),
    labels,
  );
}

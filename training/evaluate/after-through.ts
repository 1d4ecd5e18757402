// How good a model is at the second half of the way: at the label, among the examples that took the step on the way to it.
import type { Dataset } from "../dataset/dataset.ts";
import type { Splits } from "../dataset/load.ts";
import { selectExamples } from "../dataset/select-examples.ts";
import { fitCalibration } from "./fit-calibration.ts";
import { evaluateLogits, type SplitMetrics } from "./split-metrics.ts";

/**
 * For labels "converted" through "clicked": pCVR on the clicked examples. `logits` are of the label once the step is taken, for every
 * example of each split; they are calibrated on those of `valid` that took it. Null where none did.
 */
export function evaluateAfterThrough(
  logits: { readonly valid: Float32Array; readonly test: Float32Array | null },
  splits: Pick<Splits<Dataset>, "valid" | "test">,
): SplitMetrics | null {
  const valid = takenOf(splits.valid, logits.valid);
  const test = splits.test && logits.test && takenOf(splits.test, logits.test);
  if (valid.logits.length === 0) return null;
  const calibration = fitCalibration(valid.logits, valid.data.labels);
  return {
    valid: evaluateLogits(valid.logits, calibration, valid.data),
    test: test && test.logits.length > 0 ? evaluateLogits(test.logits, calibration, test.data) : null,
  };
}

/** The examples that took the step, with their logits. */
function takenOf(data: Dataset, logits: Float32Array): { readonly data: Dataset; readonly logits: Float32Array } {
  const passed = Int32Array.from(data.labels.keys()).filter((example) => data.through?.[example] === 1);
  return { data: selectExamples(data, passed), logits: Float32Array.from(passed, (example) => logits[example] as number) }; // one each
}

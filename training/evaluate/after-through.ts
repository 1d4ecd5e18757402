// How good a model is at the second half of the way: at the label, among the examples that took the step on the way to it.
import type { Dataset } from "../dataset/dataset.ts";
import type { Splits } from "../dataset/load.ts";
import { selectExamples } from "../dataset/select-examples.ts";
import { fitCalibration } from "./fit-calibration.ts";
import { evaluateLogits, type SplitMetrics } from "./split-metrics.ts";

/**
 * For labels "converted" through "clicked": pCVR on the clicked examples. `predict` gives logits of the label once the step is taken,
 * which are calibrated on those of `valid`; null where none of `valid` took it.
 */
export async function evaluateAfterThrough(
  predict: (data: Dataset) => Promise<Float32Array>,
  splits: Pick<Splits, "valid" | "test">,
): Promise<SplitMetrics | null> {
  const [valid, test] = [takenOf(splits.valid), splits.test && takenOf(splits.test)];
  if (valid.labels.length === 0) return null;
  const validLogits = await predict(valid);
  const calibration = fitCalibration(validLogits, valid.labels);
  return {
    valid: evaluateLogits(validLogits, calibration, valid),
    test: test && test.labels.length > 0 ? evaluateLogits(await predict(test), calibration, test) : null,
  };
}

/** The examples that took the step. */
function takenOf(data: Dataset): Dataset {
  const taken = Array.from(data.through ?? [], (passed, example) => (passed === 1 ? example : -1));
  return selectExamples(data, Int32Array.from(taken.filter((example) => example >= 0)));
}

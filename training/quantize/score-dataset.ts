// Logits of a whole split by a scorer: what calibration and the served model's metrics are made from.
import { sliceBags } from "../../shared/features/bags.ts";
import type { Scorer } from "../../shared/scoring/scorer.ts";
import type { Dataset } from "../dataset/dataset.ts";

/** Logits (uncalibrated) of every example, each scored as a request of one candidate; [labels.length]. */
export function scoreDataset(scorer: Scorer, { context, candidate, labels }: Dataset): Float32Array {
  return Float32Array.from(labels, (_, example) => {
    const { logits } = scorer.score(sliceBags(context, example, 1), sliceBags(candidate, example, 1));
    return logits[0] as number; // one candidate, one logit
  });
}

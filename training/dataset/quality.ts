// The data-quality gate: whether joined examples are worth learning from. A no has a reason, and what to do about it.
import type { TimeSplit } from "./examples.ts";
import type { JoinCounts } from "./join.ts";

/** Why examples were refused. */
export type QualityRefusal =
  | "too_few_examples"
  | "split_empty"
  | "single_class"
  | "label_rate_implausible"
  | "too_many_malformed_lines";

export interface QualityProblem {
  readonly reason: QualityRefusal;
  readonly detail: string;
}

/** Most of the impressions clicked, or hardly any of a great many: the log is wrong, not the world. */
const LABEL_RATE_BOUNDS = { lowest: 1e-5, highest: 0.5 };
const MAX_MALFORMED_RATE = 0.01;

/** The first thing that is wrong, or null where nothing is. */
export function checkQuality(counts: JoinCounts, split: TimeSplit, minExamples: number): QualityProblem | null {
  const refuse = (reason: QualityRefusal, detail: string): QualityProblem => ({ reason, detail });
  const malformed = counts.dropped.line_malformed;
  if (malformed > MAX_MALFORMED_RATE * counts.lines) {
    return refuse(
      "too_many_malformed_lines",
      `${malformed} of ${counts.lines} lines are no events; look at who writes to the bucket`,
    );
  }
  if (counts.examples < minExamples) {
    return refuse(
      "too_few_examples",
      `${counts.examples} of at least ${minExamples}; collect more, reach further back with --since, or lower --min-examples`,
    );
  }
  for (const [name, { examples, positives }] of Object.entries(split)) {
    if (examples === 0) return refuse("split_empty", `no examples are left for ${name}; they are too close together in time`);
    if (positives === 0 || positives === examples) {
      return refuse("single_class", `${positives} of the ${examples} examples of ${name} are positive; both labels are needed`);
    }
  }
  const rate = counts.positives / counts.examples;
  if (rate < LABEL_RATE_BOUNDS.lowest || rate > LABEL_RATE_BOUNDS.highest) {
    return refuse("label_rate_implausible", `${(100 * rate).toFixed(3)} % are positive; look for lost or invented outcomes`);
  }
  return null;
}

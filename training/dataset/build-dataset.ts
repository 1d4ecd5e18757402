// Raw records -> an encoded dataset, in growing typed arrays.
import { BagWriter } from "../../shared/features/bags.ts";
import type { Encoder, RawRecord } from "../../shared/features/encode.ts";
import type { Dataset } from "./dataset.ts";
import { checkOutcome, type Outcome, readLabel, readTimeMs } from "./label.ts";
import { NumberList } from "./number-list.ts";

export interface DatasetBuilder {
  /** Throws what `checkOutcome` does, at `record:{number}`. */
  add(record: RawRecord): void;
  /** Examples so far, and the memory of their bags. */
  readonly count: number;
  readonly sizeBytes: number;
  /** Everything added so far; do not add after it. */
  finish(): Dataset;
}

/** Both sides of an example are encoded at once, by the encoder that serves. `firstRecord` is the number of the first, for errors. */
export function createDatasetBuilder(encoder: Encoder, outcome: Outcome, firstRecord = 1): DatasetBuilder {
  const { label, through, time } = outcome;
  const context = new BagWriter(encoder.context.fieldCount);
  const candidate = new BagWriter(encoder.candidate.fieldCount);
  const labels = new NumberList();
  const passed = new NumberList();
  const timesMs = new NumberList();
  let count = 0;
  return {
    get count() {
      return count;
    },
    get sizeBytes() {
      return context.sizeBytes + candidate.sizeBytes;
    },
    add(record) {
      checkOutcome(record, outcome, "record", firstRecord + count++);
      encoder.context.encode(record, context);
      encoder.candidate.encode(record, candidate);
      labels.add(readLabel(record[label]));
      if (through !== undefined) passed.add(readLabel(record[through]));
      if (time !== undefined) timesMs.add(readTimeMs(record[time]));
    },
    finish() {
      return {
        // A side without fields has no bags to count, but as many examples as the other.
        context: { ...context.view(), count },
        candidate: { ...candidate.view(), count },
        labels: new Uint8Array(labels.view()),
        ...(through !== undefined && { through: new Uint8Array(passed.view()) }),
        timesMs: time === undefined ? null : timesMs.view(),
      };
    },
  };
}

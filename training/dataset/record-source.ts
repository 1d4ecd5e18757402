// Where raw examples come from: a file, or events already joined with their outcomes. Both look the same from here on.
import type { RawRecord } from "../../shared/features/encode.ts";

/** Starts a new pass over the same records, in the same order: the feature map is fitted in one pass, examples are encoded in another. */
export type RecordSource = () => AsyncIterable<RawRecord>;

/** The role of an example. */
export type SplitName = "train" | "valid" | "test";

/** Records and the split that they belong to: one for all of them, or decided by record and its position in the source. */
export interface Part {
  readonly source: RecordSource;
  readonly split: SplitName | ((record: RawRecord, index: number) => SplitName);
}

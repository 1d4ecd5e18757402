// Data -> feature map fitted on the training split only -> encoded train, validation and test sets. The face of this folder.
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "./dataset.ts";
import type { Part, RecordSource } from "./record-source.ts";

/** Either `data` (split here: by `task.time` where the task has it, else by a seeded hash, 70/15/15), or files already split. */
export interface DataFiles {
  readonly data?: readonly string[] | undefined;
  readonly train?: string | undefined;
  readonly valid?: string | undefined;
  readonly test?: string | undefined;
}

/** `dataRange` spans what the model learns from, train and validation; null where the task names no time. `test` is null where none was given. */
export interface Splits {
  readonly featureMap: FeatureMap;
  readonly train: Dataset;
  readonly valid: Dataset;
  readonly test: Dataset | null;
  readonly dataRange: { readonly firstMs: number; readonly lastMs: number } | null;
}

/** From files. */
export declare function loadSplits(options: { task: Task; seed: number } & DataFiles): Promise<Splits>;
/** From any sources, e.g. joined events: `loadParts(task, [{ source, split: "train" }, { source: newer, split: "valid" }])`. */
export declare function loadParts(task: Task, parts: readonly Part[]): Promise<Splits>;
/** Encodes records with a map fitted before, e.g. the champion's. `task` says which columns are label and time. */
export declare function loadDataset(task: Pick<Task, "label" | "time">, map: FeatureMap, source: RecordSource): Promise<Dataset>;
/** All records of some files, in order, as one source. Format by extension; see `readRecords`. */
export declare function fileSource(files: readonly string[], task: Task): RecordSource;

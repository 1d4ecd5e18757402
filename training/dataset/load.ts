// Data -> feature map fitted on the training split only -> encoded train, validation and test sets. The face of this folder.

import { createEncoder, type RawRecord } from "../../shared/features/encode.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { fitFeatureMap } from "../features/fit.ts";
import { createDatasetBuilder, type DatasetBuilder } from "./build-dataset.ts";
import type { Dataset } from "./dataset.ts";
import { type Outcome, readLabel } from "./label.ts";
import { fileSource } from "./read.ts";
import type { Part, RecordSource, SplitName } from "./record-source.ts";
import { splitSource } from "./split.ts";

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

/** From files. Throws `CodedError`: `data_missing`, `data_ambiguous`, and what readers and `loadParts` throw. */
export async function loadSplits(options: { task: Task; seed: number } & DataFiles): Promise<Splits> {
  return loadParts(options.task, await partsOf(options));
}

/** Without the test split: what may be seen while something is still to be chosen. */
export async function loadUntested(options: { task: Task; seed: number } & Omit<DataFiles, "test">): Promise<Splits> {
  return loadParts(options.task, await partsOf(options), { withTest: false });
}

/**
 * From any sources, e.g. joined events: `loadParts(task, [{ source, split: "train" }, { source: newer, split: "valid" }])`.
 * Reads the training part twice, the others once. Throws `split_empty` where train or validation has no examples.
 */
export async function loadParts(task: Task, parts: readonly Part[], { withTest } = { withTest: true }): Promise<Splits> {
  const featureMap = await fitFeatureMap(task, recordsOf(parts, "train"));
  const encoder = createEncoder(featureMap);
  const trainEncoder = createEncoder(featureMap, (record) => (readLabel(record[task.label]) === 1 ? 1 : 0)); // checked before
  const builders = {
    train: createDatasetBuilder(trainEncoder, task),
    valid: createDatasetBuilder(encoder, task),
    test: withTest ? createDatasetBuilder(encoder, task) : null,
  };
  for (const part of parts) await route(part, builders);
  const train = finishFilled(builders.train, "train");
  const valid = finishFilled(builders.valid, "valid");
  const test = builders.test?.finish();
  return { featureMap, train, valid, test: test?.labels.length ? test : null, dataRange: rangeOf([train, valid]) };
}

/** Encodes records with a map fitted before, e.g. the champion's. `outcome` (a task) says which columns are label and time. */
export async function loadDataset(outcome: Outcome, map: FeatureMap, source: RecordSource): Promise<Dataset> {
  const builder = createDatasetBuilder(createEncoder(map), outcome);
  for await (const record of source()) builder.add(record);
  return builder.finish();
}

async function partsOf({ task, seed, data, train, valid, test }: { task: Task; seed: number } & DataFiles): Promise<Part[]> {
  const given = data !== undefined && data.length > 0;
  if (given && (train ?? valid ?? test) !== undefined) {
    throw new CodedError("data_ambiguous", "data", "give either --data, or --train with --valid, not both");
  }
  if (given) return [await splitSource(fileSource(data, task), task, seed)];
  if (train === undefined || valid === undefined) {
    throw new CodedError("data_missing", "data", "give --data FILE..., or --train FILE and --valid FILE");
  }
  const part = (file: string, split: SplitName): Part => ({ source: fileSource([file], task), split });
  return [part(train, "train"), part(valid, "valid"), ...(test === undefined ? [] : [part(test, "test")])];
}

/** The records of one split, of all parts; parts that are wholly of another are not read. */
async function* recordsOf(parts: readonly Part[], wanted: SplitName): AsyncGenerator<RawRecord> {
  for (const { source, split } of parts) {
    if (typeof split === "string" && split !== wanted) continue;
    let index = 0;
    for await (const record of source()) {
      if (typeof split === "string" || split(record, index++) === wanted) yield record;
    }
  }
}

/** A split without a builder is passed over. */
async function route({ source, split }: Part, builders: Readonly<Record<SplitName, DatasetBuilder | null>>): Promise<void> {
  let index = 0;
  for await (const record of source()) builders[typeof split === "string" ? split : split(record, index++)]?.add(record);
}

function finishFilled(builder: DatasetBuilder, split: SplitName): Dataset {
  const dataset = builder.finish();
  if (dataset.labels.length > 0) return dataset;
  throw new CodedError("split_empty", split, `no examples for ${split}: give more data, or another split`);
}

function rangeOf(datasets: readonly Dataset[]): Splits["dataRange"] {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { timesMs } of datasets) {
    if (timesMs === null) return null;
    for (const timeMs of timesMs) {
      firstMs = Math.min(firstMs, Math.floor(timeMs));
      lastMs = Math.max(lastMs, Math.floor(timeMs));
    }
  }
  return { firstMs, lastMs };
}

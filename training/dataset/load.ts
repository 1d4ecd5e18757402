// Data -> feature map fitted on the training split only -> encoded train, validation and test sets. The face of this folder.
import { join } from "node:path";
import * as v from "valibot";
import { createEncoder, type Encoder, type RawRecord } from "../../shared/features/encode.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { RetrievalFamily } from "../../shared/tasks/family.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { fitFeatureMap } from "../features/fit.ts";
import { createDatasetBuilder, type DatasetBuilder } from "./build-dataset.ts";
import type { Dataset } from "./dataset.ts";
import { type Outcome, readLabel } from "./label.ts";
import { fileSource } from "./read.ts";
import type { Part, RecordSource, SplitName } from "./record-source.ts";
import { countOf, createShardingBuilder, type Examples, isOnDisk, requireInMemory, type ShardOptions } from "./shards.ts";
import { splitSource } from "./split.ts";

/** Either `data` (split here: by `task.time` where the task has it, else by a seeded hash, 70/15/15), or files already split. */
export interface DataFiles {
  readonly data?: readonly string[] | undefined;
  readonly train?: string | undefined;
  readonly valid?: string | undefined;
  readonly test?: string | undefined;
}

/** `dataRange` spans what the model learns from, train and validation; null where the task names no time. `test` is null where none was given. */
export interface Splits<T extends Examples = Examples> {
  readonly featureMap: FeatureMap;
  readonly train: T;
  readonly valid: T;
  readonly test: T | null;
  readonly dataRange: { readonly firstMs: number; readonly lastMs: number } | null;
}

/** From files. Throws `CodedError`: `data_missing`, `data_ambiguous`, and what readers and `loadParts` throw. */
export async function loadSplits(options: { task: Task; seed: number } & DataFiles): Promise<Splits<Dataset>> {
  return loadParts(options.task, await partsOf(options));
}

/** Without the test split: what may be seen while something is still to be chosen. */
export async function loadUntested(options: { task: Task; seed: number } & Omit<DataFiles, "test">): Promise<Splits<Dataset>> {
  return loadParts(options.task, await partsOf(options), { withTest: false });
}

/** As `streamParts`, from files. */
export async function streamSplits(options: { task: Task; seed: number; shards: ShardOptions } & DataFiles): Promise<Splits> {
  return streamParts(options.task, await partsOf(options), options.shards);
}

/**
 * From any sources, e.g. joined events: `loadParts(task, [{ source, split: "train" }, { source: newer, split: "valid" }])`.
 * Reads the training part twice, the others once. Throws `split_empty` where train or validation has no examples.
 */
export async function loadParts(task: Task, parts: readonly Part[], which = EVERY_SPLIT): Promise<Splits<Dataset>> {
  return encodeParts(task, parts, (_, encoder) => createDatasetBuilder(encoder, task), which);
}

/**
 * As `loadParts`, but a split that does not fit the window is left on disk, all but its labels: memory hardly grows with it. Teachers
 * need theirs in memory, and so does who looks for the items to retrieve: a task of theirs gets them so.
 */
export async function streamParts(task: Task, parts: readonly Part[], shards: ShardOptions): Promise<Splits> {
  if (task.teachers || v.is(RetrievalFamily, task.model.family)) return loadParts(task, parts);
  const shardsOf = (split: SplitName) => ({ ...shards, folder: join(shards.folder, split) });
  return encodeParts(task, parts, (split, encoder) => createShardingBuilder(encoder, task, shardsOf(split)), EVERY_SPLIT);
}

const EVERY_SPLIT = { withTest: true };

interface Builder<T> extends Pick<DatasetBuilder, "add"> {
  finish(): T;
}

async function encodeParts<T extends Examples>(
  task: Task,
  parts: readonly Part[],
  createBuilder: (split: SplitName, encoder: Encoder) => Builder<T>,
  { withTest }: typeof EVERY_SPLIT,
): Promise<Splits<T>> {
  const featureMap = await fitFeatureMap(task, recordsOf(parts, "train"));
  const encoder = createEncoder(featureMap);
  const trainEncoder = createEncoder(featureMap, (record) => (readLabel(record[task.label]) === 1 ? 1 : 0)); // checked before
  const builders = {
    train: createBuilder("train", trainEncoder),
    valid: createBuilder("valid", encoder),
    test: withTest ? createBuilder("test", encoder) : null,
  };
  for (const part of parts) await route(part, builders);
  const train = finishFilled(builders.train, "train");
  const valid = finishFilled(builders.valid, "valid");
  const test = builders.test?.finish();
  return { featureMap, train, valid, test: test && countOf(test) > 0 ? test : null, dataRange: rangeOf([train, valid]) };
}

/** Throws `split_on_disk` at `path`, which names what cannot do without. */
export function requireSplitsInMemory(splits: Splits, path: string): Splits<Dataset> {
  const { train, valid, test } = splits;
  const own = { train: requireInMemory(train, path), valid: requireInMemory(valid, path) };
  return { ...splits, ...own, test: test && requireInMemory(test, path) };
}

/** Encodes records with a map fitted before, e.g. the champion's. `outcome` (a task) says which columns are label and time. */
export async function loadDataset(outcome: Outcome, map: FeatureMap, source: RecordSource): Promise<Dataset> {
  return fill(createDatasetBuilder(createEncoder(map), outcome), source);
}

/** As `loadDataset`, but what does not fit the window is left on disk. */
export async function streamDataset(
  outcome: Outcome,
  map: FeatureMap,
  source: RecordSource,
  shards: ShardOptions,
): Promise<Examples> {
  return fill(createShardingBuilder(createEncoder(map), outcome, shards), source);
}

async function fill<T>(builder: Builder<T>, source: RecordSource): Promise<T> {
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
async function route({ source, split }: Part, builders: Readonly<Record<SplitName, Builder<unknown> | null>>): Promise<void> {
  let index = 0;
  for await (const record of source()) builders[typeof split === "string" ? split : split(record, index++)]?.add(record);
}

function finishFilled<T extends Examples>(builder: Builder<T>, split: SplitName): T {
  const data = builder.finish();
  if (countOf(data) > 0) return data;
  throw new CodedError("split_empty", split, `no examples for ${split}: give more data, or another split`);
}

function rangeOf(splits: readonly Examples[]): Splits["dataRange"] {
  const spans = splits.map((data) => (isOnDisk(data) ? data.span : spanOf(data)));
  const known = spans.filter((span) => span !== null);
  if (known.length < spans.length) return null;
  return {
    firstMs: Math.min(...known.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...known.map(({ lastMs }) => lastMs)),
  };
}

function spanOf({ timesMs }: Dataset): Splits["dataRange"] {
  if (timesMs === null) return null;
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const timeMs of timesMs) {
    firstMs = Math.min(firstMs, Math.floor(timeMs));
    lastMs = Math.max(lastMs, Math.floor(timeMs));
  }
  return { firstMs, lastMs };
}

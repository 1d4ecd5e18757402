// npm run train: a task and data files -> a run's folder with its artifact, metrics and log; published where asked to.
import { join } from "node:path";
import { Command, Option } from "commander";
import { Channel } from "../../shared/artifact/manifest.ts";
import { readPointer } from "../../shared/artifact/read-published.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Family, ServedFamily } from "../../shared/tasks/family.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { DataFiles } from "../dataset/load.ts";
import { loadTask } from "../dataset/load-task.ts";
import { SHARD_BYTES, WINDOW_SHARDS } from "../dataset/shards.ts";
import type { DeviceChoice } from "../engine/device.ts";
import { readCodeCommit } from "../jobs/code-commit.ts";
import { type InterruptedRun, isInterrupted, readInterruptedRun } from "../jobs/run-checkpoint.ts";
import { train } from "../jobs/train.ts";
import { readKeys } from "../publish/keys.ts";
import type { Publisher } from "../publish/publish.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig, type StoreConfig } from "../publish/store-config.ts";
import { deviceOption, threadsOption, wholeNumber } from "./options.ts";
import { createProgressView } from "./progress-view.ts";
import { formatMetrics } from "./train-summary.ts";

interface Options extends DataFiles {
  readonly task?: string;
  readonly model?: Family;
  readonly device?: DeviceChoice;
  readonly threads?: number;
  readonly seed?: number;
  readonly window?: number;
  readonly out?: string;
  readonly publish?: Channel | "none";
  readonly resume?: string;
}

const WINDOW_MIB = (SHARD_BYTES * WINDOW_SHARDS) / 2 ** 20;

const PUBLISH_CHOICES = [...Channel.options.filter((channel) => channel !== "shadow"), "none"];

export function command(): Command {
  return new Command("train")
    .description("Train a model of a task on data files (CSV, TSV, NDJSON, libfm, Parquet; gzip or not)")
    .option("--task <name|file>", "a built-in task, or a JSON file that describes one")
    .option("--data <file...>", "data that is split here: by the task's time, else at random")
    .option("--train <file>", "training data, where it is split already")
    .option("--valid <file>", "validation data")
    .option("--test <file>", "test data")
    .addOption(new Option("--model <family>", "the model's family, over the task's").choices(ServedFamily.options))
    .addOption(deviceOption().default(undefined, "auto"))
    .addOption(threadsOption())
    .option("--seed <number>", "the same seed gives the same bytes (default: 1)", wholeNumber(0, 2 ** 31 - 1))
    .option(
      "--window <MiB>",
      `encoded examples of a split in memory at a time; larger ones stream from disk (default: ${WINDOW_MIB})`,
      wholeNumber(1, 2 ** 16),
    )
    .option("--out <dir>", "the run's folder (default: .selvedge/runs/TASK-TIME)")
    .addOption(new Option("--publish <channel>", "the channel to publish on (default: none)").choices(PUBLISH_CHOICES))
    .addOption(
      new Option("--resume <dir>", "go on with the interrupted run of this folder, of which the rest is known").conflicts("out"),
    )
    .action(run);
}

async function run({ resume, threads, ...options }: Options): Promise<void> {
  const config = readStoreConfig();
  const begun = resume === undefined ? null : await readInterruptedRun(resume);
  const { task, files, device, seed, windowMiB, publish } = await settle(options, begun);
  const publisher = publish === "none" ? null : await openPublisher(config, task, publish);
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
  const folder = resume ?? options.out ?? join(config.stateDir, "runs", `${task.name}-${stamp}`);
  const view = createProgressView(process.stderr);
  const stop = stopOnSignals();
  try {
    const codeCommit = await readCodeCommit();
    const means = { device, threads, publisher, codeCommit, now: clock() };
    const request = { task, files, seed, windowMiB, folder, resume: begun !== null, ...means };
    const { metrics, published } = await train({
      ...request,
      onStage: view.stage,
      onProgress: view.progress,
      signal: stop.signal,
    });
    view.end();
    console.log(`${formatMetrics(metrics)}\n\nrun: ${folder}`);
    if (published)
      console.log(`published: ${task.name} on ${publish}, version ${published.version}, sequence ${published.pointer.sequence}`);
  } catch (error) {
    view.end();
    if (!stop.signal.aborted) throw error;
    const goOn = `go on with \`npm run train -- --resume ${folder}\``;
    console.error(`interrupted: ${(await isInterrupted(folder)) ? goOn : "nothing was written"}`);
    process.exit(130); // a reader may still be waiting for its file
  }
}

/** What is asked for, or else how the run was begun, or else the defaults. */
async function settle(
  { task: nameOrFile, model, device, seed, window, out, publish, ...given }: Options,
  begun: InterruptedRun | null,
) {
  const task = nameOrFile === undefined ? begun?.task : await loadTask(nameOrFile);
  if (!task) throw new CodedError("task_missing", "task", "give --task NAME or FILE, or --resume DIR");
  return {
    task: withFamily(task, model),
    files: Object.keys(given).length > 0 || !begun ? given : begun.files,
    device: device ?? begun?.device ?? "auto",
    seed: seed ?? begun?.seed ?? 1,
    windowMiB: window ?? begun?.windowMiB ?? WINDOW_MIB,
    publish: publish ?? begun?.channel ?? "none",
  };
}

const withFamily = (task: Task, family: Family | undefined): Task =>
  family === undefined ? task : { ...task, model: { ...task.model, family } };

/** Reads the key and the pointer before anything is trained: an hour's work shall not be lost to a wrong address. */
async function openPublisher(config: StoreConfig, task: Task, channel: Channel): Promise<Omit<Publisher, "nowMs">> {
  const keys = await readKeys(config);
  const store = createS3Store(config, config.artifactBucket);
  await readPointer(store, keys.trusted, task.name, channel);
  return { store, keys, channel };
}

/** SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/) stops the clock, so that manifests are the same too. */
function clock(): () => number {
  const epochSeconds = process.env.SOURCE_DATE_EPOCH;
  return epochSeconds === undefined ? Date.now : () => Number(epochSeconds) * 1000;
}

function stopOnSignals(): AbortController {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  return controller;
}

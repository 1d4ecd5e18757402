// npm run train: a task and data files -> a run's folder with its artifact, metrics and log; published where asked to.
import { join } from "node:path";
import { Command, Option } from "commander";
import { Channel } from "../../shared/artifact/manifest.ts";
import { readPointer } from "../../shared/artifact/read-published.ts";
import { type Family, ServedFamily, type Task } from "../../shared/tasks/task.ts";
import type { DataFiles } from "../dataset/load.ts";
import { loadTask } from "../dataset/load-task.ts";
import type { DeviceChoice } from "../engine/device.ts";
import { readCodeCommit } from "../jobs/code-commit.ts";
import { train } from "../jobs/train.ts";
import { readKeys } from "../publish/keys.ts";
import type { Publisher } from "../publish/publish.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig, type StoreConfig } from "../publish/store-config.ts";
import { deviceOption, wholeNumber } from "./options.ts";
import { createProgressView } from "./progress-view.ts";
import { formatMetrics } from "./train-summary.ts";

interface Options extends DataFiles {
  readonly task: string;
  readonly model?: Family;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly out?: string;
  readonly publish: Channel | "none";
}

const PUBLISH_CHOICES = [...Channel.options.filter((channel) => channel !== "shadow"), "none"];

export function command(): Command {
  return new Command("train")
    .description("Train a model of a task on data files (CSV, TSV, NDJSON, libfm, Parquet; gzip or not)")
    .requiredOption("--task <name|file>", "a built-in task, or a JSON file that describes one")
    .option("--data <file...>", "data that is split here: by the task's time, else at random")
    .option("--train <file>", "training data, where it is split already")
    .option("--valid <file>", "validation data")
    .option("--test <file>", "test data")
    .addOption(new Option("--model <family>", "the model's family, over the task's").choices(ServedFamily.options))
    .addOption(deviceOption())
    .option("--seed <number>", "the same seed gives the same bytes", wholeNumber(0, 2 ** 31 - 1), 1)
    .option("--out <dir>", "the run's folder (default: .selvedge/runs/TASK-TIME)")
    .addOption(new Option("--publish <channel>", "the channel to publish on").choices(PUBLISH_CHOICES).default("none"))
    .action(run);
}

async function run({ task: nameOrFile, model, device, seed, out, publish, ...files }: Options): Promise<void> {
  const config = readStoreConfig();
  const task = withFamily(await loadTask(nameOrFile), model);
  const publisher = publish === "none" ? null : await openPublisher(config, task, publish);
  const folder = out ?? join(config.stateDir, "runs", `${task.name}-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`);
  const view = createProgressView(process.stderr);
  const stop = stopOnSignals();
  try {
    const codeCommit = await readCodeCommit();
    const request = { task, files, device, seed, folder, publisher, codeCommit, now: clock() };
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
    console.error("interrupted: nothing was written");
    process.exit(130); // a reader may still be waiting for its file
  }
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

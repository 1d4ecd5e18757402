// npm run tune: a task, data and a space of settings -> a search's folder with a row for every trial, and the best task.
import { join } from "node:path";
import { Command } from "commander";
import { loadTask } from "../dataset/load-task.ts";
import type { DeviceChoice } from "../engine/device.ts";
import { type TuneRequest, tune } from "../jobs/tune.ts";
import { readStoreConfig } from "../publish/store-config.ts";
import { parseSpace } from "../search/space.ts";
import { deviceOption, threadsOption, wholeNumber } from "./options.ts";
import { createProgressView } from "./progress-view.ts";
import { readJson } from "./read-json.ts";
import { describeRow, formatTuned } from "./tune-summary.ts";

interface Options extends Pick<TuneRequest, "seed" | "trials"> {
  readonly task: string;
  readonly space: string;
  readonly data?: readonly string[];
  readonly train?: string;
  readonly valid?: string;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly out?: string;
}

export function command(): Command {
  return new Command("tune")
    .description("Search for a task's settings: at random, with the best third going on to three times the epochs")
    .requiredOption(
      "--task <name|file>",
      "a built-in task, or a JSON file that describes one; its training.epochs are the last rung's",
    )
    .requiredOption(
      "--space <file>",
      'what varies, as JSON: {"training.learningRate": {"log": [0.0001, 0.1]}}; see training/search/space.ts',
    )
    .option("--data <file...>", "data that is split here, as train splits it; its test part is not read")
    .option("--train <file>", "training data, where it is split already")
    .option("--valid <file>", "validation data, which decides")
    .option("--trials <count>", "trials of the first rung", wholeNumber(1, 10_000), 27)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--seed <number>", "the same seed draws the same trials", wholeNumber(0, 2 ** 31 - 1), 1)
    .option("--out <dir>", "the search's folder (default: .selvedge/searches/TASK); where it stopped, it goes on")
    .action(run);
}

async function run({ task: nameOrFile, space: spaceFile, trials, device, threads, seed, out, ...files }: Options): Promise<void> {
  const task = await loadTask(nameOrFile);
  const space = parseSpace(await readJson(spaceFile), task);
  const folder = out ?? join(readStoreConfig().stateDir, "searches", task.name);
  const view = createProgressView(process.stderr);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const request = { task, space, files, device, threads, seed, trials, folder };
  const onRow: TuneRequest["onRow"] = (row) => view.note(describeRow(row));
  try {
    const tuned = await tune({ ...request, onStage: view.stage, onProgress: view.progress, onRow, signal: stop.signal });
    view.end();
    console.log(formatTuned(tuned, request));
  } catch (error) {
    view.end();
    if (!stop.signal.aborted) throw error;
    console.error(`interrupted: the same command goes on from the rows in ${folder}`);
    process.exit(130); // a reader may still be waiting for its file
  }
}

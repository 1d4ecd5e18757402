// npm run retrain: what happened since the last run -> a challenger, published only where it is no worse than the champion.
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { Channel } from "../../shared/artifact/manifest.ts";
import { readPointer } from "../../shared/artifact/read-published.ts";
import { loadTask } from "../dataset/load-task.ts";
import type { DeviceChoice } from "../engine/device.ts";
import { readCodeCommit } from "../jobs/code-commit.ts";
import { type RetrainRun, retrain } from "../jobs/retrain.ts";
import { readKeys } from "../publish/keys.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig } from "../publish/store-config.ts";
import { deviceOption, wholeNumber } from "./options.ts";
import { createProgressView } from "./progress-view.ts";
import { formatRetrain } from "./retrain-summary.ts";

interface Options {
  readonly task: string;
  readonly outcome: "click" | "conversion";
  readonly windowMinutes: number;
  readonly settleMinutes?: number;
  readonly since?: number;
  readonly channel: Channel;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly minExamples: number;
  readonly dryRun: boolean;
  readonly out?: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const STANDARD_DAYS = 30;
const MONTH_MINUTES = 31 * 24 * 60;

export function command(): Command {
  return new Command("retrain")
    .description("Learn from the events of the store; publish where the new model is no worse on the newest of them")
    .option("--task <name|file>", "a built-in task, or a JSON file that describes one", "ad-click")
    .addOption(new Option("--outcome <type>", "the event that makes a label 1").choices(["click", "conversion"]).default("click"))
    .option("--window-minutes <count>", "how long after an impression its outcome counts", wholeNumber(1, MONTH_MINUTES), 30)
    .option(
      "--settle-minutes <count>",
      "how long to wait for an outcome before its absence counts (default: as long as 99.9 % of them took)",
      wholeNumber(0, MONTH_MINUTES),
    )
    .option(
      "--since <time>",
      `the oldest hour of events, as 2026-11-23 or 2026-11-23T07:00Z (default: ${STANDARD_DAYS} days ago)`,
      time,
    )
    .addOption(new Option("--channel <name>", "the champion's channel").choices(Channel.options).default("stable"))
    .addOption(deviceOption())
    .option("--seed <number>", "the same seed and events give the same bytes", wholeNumber(0, 2 ** 31 - 1), 1)
    .option("--min-examples <count>", "refuse to learn from fewer", wholeNumber(1, 2 ** 31 - 1), 1000)
    .option("--dry-run", "do everything but publish", false)
    .option("--out <dir>", "the run's folder (default: .selvedge/runs/retrain-TASK-TIME)")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const config = readStoreConfig();
  const task = await loadTask(options.task);
  const { channel, windowMinutes, settleMinutes, outcome } = options;
  const store = createS3Store(config, config.artifactBucket);
  const keys = await readKeys(config);
  await readPointer(store, keys.trusted, task.name, channel); // an hour's work shall not be lost to a wrong address
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
  const folder = options.out ?? join(config.stateDir, "runs", `retrain-${task.name}-${stamp}`);
  const view = createProgressView(process.stderr);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  try {
    const finished = await retrain({
      ...options,
      task,
      eventStore: createS3Store(config, config.eventBucket),
      sinceMs: options.since ?? Date.now() - STANDARD_DAYS * DAY_MS,
      attribution: {
        outcome,
        windowMs: windowMinutes * MINUTE_MS,
        settleMs: settleMinutes === undefined ? null : settleMinutes * MINUTE_MS,
      },
      publisher: { store, keys, channel },
      folder,
      codeCommit: await readCodeCommit(),
      now: Date.now,
      onStage: view.stage,
      onProgress: view.progress,
      signal: stop.signal,
    });
    view.end();
    report(finished, options, folder);
  } catch (error) {
    view.end();
    if (!stop.signal.aborted) throw error;
    console.error("interrupted: nothing was published");
    process.exit(130); // a download may still be waiting for its answer
  }
}

function report(finished: RetrainRun, { dryRun }: Options, folder: string): void {
  console.log(`${formatRetrain(finished, dryRun)}\n\nrun: ${folder}`);
}

function time(text: string): number {
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs)) throw new InvalidArgumentError("expected a time like 2026-11-23 or 2026-11-23T07:00Z");
  return timeMs;
}

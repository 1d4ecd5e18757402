// THE story of a search: data once, trials drawn at random, rungs of more epochs for fewer of them, a row for each, the best task.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { type DataFiles, loadUntested, type Splits } from "../dataset/load.ts";
import { type DeviceChoice, type DeviceName, openDevice } from "../engine/device.ts";
import type { TrainProgress } from "../engine/meter.ts";
import { type TrainRequest, trainModel } from "../engine/train-model.ts";
import { chooseCalibration } from "../evaluate/fit-calibration.ts";
import { evaluateLogits } from "../evaluate/split-metrics.ts";
import { promote, type Rung, rank, rungsOf } from "../search/halving.ts";
import { applyParameters, drawParameters, type Parameters, type Space } from "../search/space.ts";
import type { FinishedTrial, TrialRow } from "../search/trial-row.ts";
import type { BuildProgress } from "./build-request.ts";
import { appendTrial, beginSearch, findSearch, hashFiles, type Search, TRIALS_FILE } from "./search-folder.ts";
import { teach } from "./teach.ts";

export interface TuneRequest {
  readonly task: Task;
  /** Of `parseSpace`. */
  readonly space: Space;
  readonly files: Omit<DataFiles, "test">;
  readonly device: DeviceChoice;
  /** See `openDevice`. */
  readonly threads?: number | undefined;
  /** Of the draws, and of every training. */
  readonly seed: number;
  /** Trials of the first rung. */
  readonly trials: number;
  /** Empty, or not there, or that of the same search: it goes on where it stopped then. */
  readonly folder: string;
  readonly onStage: (stage: TuneStage) => void;
  readonly onProgress: (progress: BuildProgress) => void;
  /** A row that was trained now, not found in the folder. */
  readonly onRow: (row: TrialRow) => void;
  readonly signal: AbortSignal;
}

export type TuneStage = "loading" | "training";

export interface Tuned {
  /** The highest rung that each trial finished, best first. */
  readonly ranking: readonly FinishedTrial[];
  readonly rungs: readonly Rung[];
  /** The file of the task with the best trial's settings. */
  readonly bestTaskFile: string;
}

/**
 * Random search (Bergstra and Bengio, 2012) with successive halving. The validation split alone decides; the test split is not read.
 * The same request gives the same rows, but for their times, however often it was stopped in between. Throws the signal's reason,
 * or `CodedError`: those of `findSearch` and of loading, `trial_foreign`, `device_unavailable`, and `search_failed` where no trial of a
 * rung could be trained.
 */
export async function tune(request: TuneRequest): Promise<Tuned> {
  const { task, space, files, device, seed, trials, folder, onStage } = request;
  const rungs = rungsOf(trials, task.training.epochs);
  const search: Search = { task, space, trials, seed, device, data: await hashFiles(files) };
  const found = await findSearch(folder, search);
  const rows = found ?? [];
  requireDrawn(rows, rungs, request);
  onStage("loading");
  const lesson = await prepare(request);
  if (!found) await beginSearch(folder, search); // now that the data are known to be good
  let entrants = Array.from({ length: trials }, (_, index) => index + 1);
  for (const [index, { epochs }] of rungs.entries()) {
    const rung = index + 1;
    const turns = entrants.map((trial) => ({ trial, rung, epochs, parameters: drawParameters(space, seed, trial) }));
    await runRung(turns, rows, lesson, request);
    const finished = rows.filter((row) => row.rung === rung);
    entrants = promote(finished, rungs[rung]?.trialCount ?? 1);
    if (entrants.length === 0) throw allFailed(rung, folder);
  }
  const ranking = rank(rows);
  return { ranking, rungs, bestTaskFile: await writeBest(folder, task, ranking) };
}

type Turn = Pick<TrialRow, "trial" | "rung" | "epochs" | "parameters">;

/** What all trials have in common. */
interface Lesson {
  readonly splits: Splits;
  readonly device: DeviceName;
}

/** Rows are believed where they are what this search would have written. */
function requireDrawn(rows: readonly TrialRow[], rungs: readonly Rung[], { space, seed, trials, folder }: TuneRequest): void {
  rows.forEach(({ trial, rung, epochs, parameters }, index) => {
    const drawn = JSON.parse(JSON.stringify(drawParameters(space, seed, trial))); // as it would have been written
    if (trial <= trials && rungs[rung - 1]?.epochs === epochs && isDeepStrictEqual(parameters, drawn)) return;
    const detail = `row ${index + 1} is not of this search: remove it from ${TRIALS_FILE} to have its trial done again`;
    throw new CodedError("trial_foreign", join(folder, TRIALS_FILE), detail);
  });
}

/** Loads and encodes once; teachers, where the task has some, are trained once too. */
async function prepare({ task, files, device, threads, seed, onStage, onProgress, signal }: TuneRequest): Promise<Lesson> {
  const splits = await loadUntested({ task, seed, ...files });
  signal.throwIfAborted();
  const { name } = await openDevice(device, threads);
  onStage("training");
  const lessons = await teach({ task, splits, device: name, seed, onProgress, signal });
  return { splits: lessons ? { ...splits, train: lessons.train } : splits, device: name };
}

/** Runs the turns that have no row yet, and adds theirs. */
async function runRung(turns: readonly Turn[], rows: TrialRow[], lesson: Lesson, request: TuneRequest): Promise<void> {
  for (const [place, turn] of turns.entries()) {
    if (rows.some(({ trial, rung }) => trial === turn.trial && rung === turn.rung)) continue;
    const row = await runTrial(turn, lesson, request, `rung ${turn.rung}, trial ${place + 1}/${turns.length}`);
    await appendTrial(request.folder, row);
    rows.push(row);
    request.onRow(row);
  }
}

/** A whole training of the rung's epochs. Settings that cannot be trained make a row too: a failed trial loses. */
async function runTrial(turn: Turn, lesson: Lesson, request: TuneRequest, model: string): Promise<TrialRow> {
  const { splits, device } = lesson;
  const { seed, signal } = request;
  const onProgress = (progress: TrainProgress) => request.onProgress({ ...progress, model });
  const begun = performance.now();
  const costs = () => ({ seconds: (performance.now() - begun) / 1000, device });
  try {
    const valid = await trainTrial({ task: taskOf(request.task, turn), ...splits, device, seed, signal, onProgress });
    return { status: "finished", ...turn, valid, ...costs() };
  } catch (error) {
    signal.throwIfAborted();
    return { status: "failed", ...turn, ...failureOf(error), ...costs() };
  }
}

function taskOf(task: Task, { epochs, parameters }: { epochs: number; parameters: Parameters }): Task {
  return applyParameters({ ...task, training: { ...task.training, epochs } }, parameters);
}

async function trainTrial(request: TrainRequest): Promise<FinishedTrial["valid"]> {
  const { valid, signal } = request;
  const { predict } = await trainModel(request);
  const logits = await predict(valid, signal);
  const { logloss, auc } = evaluateLogits(logits, chooseCalibration(logits, valid.labels).calibration, valid);
  return { logloss, auc };
}

/** Throws what is not the trial's fault: the device works, so that a `CodedError` is about its settings, and memory about its size. */
function failureOf(error: unknown): { code: string; detail: string } {
  if (error instanceof CodedError) return { code: error.code, detail: error.message };
  if (error instanceof RangeError && /allocation|array length/i.test(error.message)) {
    return { code: "out_of_memory", detail: error.message };
  }
  throw error;
}

function allFailed(rung: number, folder: string): CodedError {
  const detail = `no trial of rung ${rung} could be trained; see the codes in ${folder}, and declare another space`;
  return new CodedError("search_failed", "space", detail);
}

async function writeBest(folder: string, task: Task, [best]: readonly FinishedTrial[]): Promise<string> {
  if (!best) throw new Error("a search that was done has a best trial");
  const file = join(folder, "best-task.json");
  await writeFile(file, `${JSON.stringify(applyParameters(task, best.parameters), null, 2)}\n`);
  return file;
}

// THE story of a student's lessons: teachers are trained, and what they say of each training example becomes its soft target.
import { calibrate } from "../../shared/scoring/calibration.ts";
import type { Teacher } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Splits } from "../dataset/load.ts";
import { selectExamples } from "../dataset/select-examples.ts";
import type { TrainedModel, TrainProgress } from "../engine/train-model.ts";
import { evaluateAfterThrough } from "../evaluate/after-through.ts";
import { fitCalibration } from "../evaluate/fit-calibration.ts";
import { evaluateLogits, type SplitMetrics } from "../evaluate/split-metrics.ts";
import type { BuildRequest } from "./build-request.ts";
import { trainFamily } from "./train-family.ts";

/** One trained teacher, with its own metrics, calibrated on `valid`. */
export interface Member {
  readonly family: Teacher["model"]["family"];
  readonly seed: number;
  readonly metrics: SplitMetrics;
  /** Of the label once the step on the way to it is taken, for families that learn that; with folds, of the last one's model. */
  readonly afterThrough: SplitMetrics | null;
}

export interface Lessons {
  /** The training split with the targets that the student learns from. */
  readonly train: Dataset;
  /** Of the mean of the teachers' logits, calibrated on `valid`: what the student is measured against. */
  readonly ensemble: SplitMetrics;
  readonly members: readonly Member[];
}

/** Raw logits of one model, or the mean of several; `test` is null where the splits have none. */
interface SplitLogits {
  readonly train: Float32Array;
  readonly valid: Float32Array;
  readonly test: Float32Array | null;
}

/** A teacher to train: its place among all of them, and its seed. */
interface Turn {
  readonly teacher: Teacher;
  readonly seed: number;
}

/**
 * Null where the task names no teachers. Trains every teacher with every of its seeds (Hinton, Vinyals and Dean, 2015, with the cross entropy against the teachers' calibrated
 * probability as the soft loss). With `folds`, what teachers say of a training example comes from those that never saw it.
 */
export async function teach(request: BuildRequest): Promise<Lessons | null> {
  const { task, splits } = request;
  if (task.teachers === undefined) return null;
  const turns = task.teachers.flatMap((teacher) =>
    Array.from({ length: teacher.seeds }, (_, index): Turn => ({ teacher, seed: request.seed + index })),
  );
  const logits: SplitLogits[] = [];
  const members: Member[] = [];
  for (const [index, turn] of turns.entries()) {
    const { own, afterThrough } = await learn(
      turn,
      request,
      `teacher ${index + 1}/${turns.length}, ${turn.teacher.model.family}`,
    );
    logits.push(own);
    members.push({ family: turn.teacher.model.family, seed: turn.seed, metrics: evaluateSplits(own, splits), afterThrough });
  }
  const mean = meanOf(logits);
  const calibration = fitCalibration(mean.valid, splits.valid.labels);
  const share = task.distillation.teacherShare;
  const targets = Float32Array.from(
    mean.train,
    (logit, example) => share * calibrate(logit, calibration) + (1 - share) * (splits.train.labels[example] as number), // one each
  );
  return { train: { ...splits.train, targets }, ensemble: evaluateSplits(mean, splits), members };
}

/** One teacher's logits of every split. */
async function learn(
  turn: Turn,
  request: BuildRequest,
  model: string,
): Promise<{ own: SplitLogits; afterThrough: Member["afterThrough"] }> {
  const { splits, task, signal } = request;
  const { folds } = task.distillation;
  const out = new Float32Array(splits.train.labels.length);
  const parts: SplitLogits[] = [];
  let afterThrough: Member["afterThrough"] = null;
  for (let fold = 0; fold < folds; fold++) {
    const unseen = ascending(out.length).filter((example) => example % folds === fold);
    const seen = ascending(out.length).filter((example) => folds === 1 || example % folds !== fold);
    const part = folds === 1 ? splits.train : selectExamples(splits.train, seen);
    const { predict, predictAfterThrough } = await trainTeacher(turn, request, part, model);
    const ofUnseen = await predict(folds === 1 ? splits.train : selectExamples(splits.train, unseen), signal);
    for (const [index, example] of unseen.entries()) out[example] = ofUnseen[index] as number; // one each
    const test = splits.test && (await predict(splits.test, signal));
    parts.push({ train: out, valid: await predict(splits.valid, signal), test });
    if (predictAfterThrough) afterThrough = await evaluateAfterThrough((data) => predictAfterThrough(data, signal), splits);
  }
  return { own: meanOf(parts), afterThrough };
}

async function trainTeacher(
  { teacher, seed }: Turn,
  request: BuildRequest,
  train: Dataset,
  model: string,
): Promise<TrainedModel> {
  const { task, splits, device, signal, onProgress } = request;
  const report = onProgress && ((progress: TrainProgress) => onProgress({ ...progress, model }));
  const own = { ...task, model: teacher.model, training: teacher.training };
  const { featureMap, valid } = splits;
  return trainFamily({ task: own, featureMap, train, valid, device, seed, signal, onProgress: report });
}

function evaluateSplits(logits: SplitLogits, splits: Splits): SplitMetrics {
  const calibration = fitCalibration(logits.valid, splits.valid.labels);
  return {
    valid: evaluateLogits(logits.valid, calibration, splits.valid),
    test: logits.test && splits.test && evaluateLogits(logits.test, calibration, splits.test),
  };
}

function meanOf(members: readonly SplitLogits[]): SplitLogits {
  const mean = (vectors: readonly Float32Array[]): Float32Array =>
    Float32Array.from(
      vectors[0] ?? [],
      (_, at) => vectors.reduce((sum, vector) => sum + (vector[at] as number), 0) / vectors.length,
    ); // equally long
  const tests = members.flatMap(({ test }) => (test ? [test] : []));
  return {
    train: mean(members.map(({ train }) => train)),
    valid: mean(members.map(({ valid }) => valid)),
    test: tests.length > 0 ? mean(tests) : null,
  };
}

const ascending = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index);

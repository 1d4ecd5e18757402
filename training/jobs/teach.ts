// THE story of a student's lessons: teachers are trained, and what they say of each training example becomes its soft target.
import type { Tensor } from "../../shared/artifact/safetensors.ts";
import { calibrate } from "../../shared/scoring/calibration.ts";
import type { Teacher } from "../../shared/tasks/task-parts.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { requireSplitsInMemory, type Splits } from "../dataset/load.ts";
import { selectExamples } from "../dataset/select-examples.ts";
import { type CheckpointSlot, tensorOf, unusable } from "../engine/checkpoint.ts";
import type { TrainProgress } from "../engine/meter.ts";
import type { TrainedModel } from "../engine/train-model.ts";
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
  /** Of the label once the step on the way to it is taken; null where the family does not learn both. */
  readonly afterThrough: Omit<SplitLogits, "train" | "afterThrough"> | null;
}

interface TeachRequest extends BuildRequest {
  readonly splits: Splits<Dataset>;
}

/** A teacher to train: its name, and its seed. */
interface Turn {
  readonly name: string;
  readonly teacher: Teacher;
  readonly seed: number;
}

/**
 * Null where the task names no teachers. Throws `split_on_disk`: what they say of the training split is held beside it. Trains every teacher with every of its seeds (Hinton, Vinyals and Dean, 2015, with the cross
 * entropy against the teachers' calibrated probability as the soft loss). With `folds`, what teachers say of a training example comes
 * from those that never saw it.
 */
export async function teach(asked: BuildRequest): Promise<Lessons | null> {
  const { task } = asked;
  if (task.teachers === undefined) return null;
  const splits = requireSplitsInMemory(asked.splits, "teachers");
  const request = { ...asked, splits };
  const seeded = task.teachers.flatMap((teacher) =>
    Array.from({ length: teacher.seeds }, (_, index) => ({ teacher, seed: request.seed + index })),
  );
  const turns = seeded.map((turn, index): Turn => ({ name: `teacher ${index + 1}/${seeded.length}`, ...turn }));
  const logits: SplitLogits[] = [];
  const members: Member[] = [];
  for (const turn of turns) {
    const own = await learn(turn, request);
    logits.push(own);
    const afterThrough = own.afterThrough && evaluateAfterThrough(own.afterThrough, splits);
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
async function learn(turn: Turn, request: TeachRequest): Promise<SplitLogits> {
  const { splits, task } = request;
  const { folds } = task.distillation;
  const out = new Float32Array(splits.train.labels.length);
  const parts: SplitLogits[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const unseen = ascending(out.length).filter((example) => example % folds === fold);
    const seen = ascending(out.length).filter((example) => folds === 1 || example % folds !== fold);
    const select = (examples: Int32Array) => (folds === 1 ? splits.train : selectExamples(splits.train, examples));
    const said = await askTeacher(turn, request, { fold, train: () => select(seen), unseen: () => select(unseen) });
    for (const [index, example] of unseen.entries()) out[example] = said.train[index] as number; // one each
    parts.push({ ...said, train: out });
  }
  return meanOf(parts);
}

/** What a teacher learns from, and what it speaks of. */
interface Fold {
  readonly fold: number;
  readonly train: () => Dataset;
  readonly unseen: () => Dataset;
}

/** Logits of the fold's unseen examples and of the other splits: of a teacher trained for it, or kept since it was. */
async function askTeacher(turn: Turn, request: TeachRequest, { fold, train, unseen }: Fold): Promise<SplitLogits> {
  const { splits, signal, checkpoints } = request;
  const name = `${turn.name.replaceAll(/\W+/g, "-")}-fold-${fold + 1}`;
  const kept = checkpoints?.(`${name}-logits`);
  const before = kept && (await readLogits(kept));
  if (before) return before;
  const checkpoint = checkpoints?.(name);
  const { predict, predictAfterThrough } = await trainTeacher(turn, request, train(), checkpoint);
  const ofOthers = async (ask: typeof predict) => ({
    valid: await ask(splits.valid, signal),
    test: splits.test && (await ask(splits.test, signal)),
  });
  const afterThrough = predictAfterThrough && (await ofOthers(predictAfterThrough));
  const said = { train: await predict(unseen(), signal), ...(await ofOthers(predict)), afterThrough };
  await kept?.write(tensorsOf(said));
  await checkpoint?.remove();
  return said;
}

function tensorsOf({ afterThrough, ...said }: SplitLogits): ReadonlyMap<string, Tensor> {
  const named = { ...said, validAfter: afterThrough?.valid, testAfter: afterThrough?.test };
  return new Map(Object.entries(named).flatMap(([name, values]) => (values ? [[name, tensorOf(values)]] : [])));
}

/** Null where none were kept. */
async function readLogits(slot: CheckpointSlot): Promise<SplitLogits | null> {
  const tensors = await slot.read();
  if (tensors === null) return null;
  const read = (name: string): Float32Array | null => {
    const data = tensors.get(name)?.data;
    return data instanceof Float32Array ? data : null;
  };
  const [train, valid, validAfter] = ["train", "valid", "validAfter"].map(read);
  if (!train || !valid) throw unusable(slot.path, "it holds no logits");
  const afterThrough = validAfter ? { valid: validAfter, test: read("testAfter") } : null;
  return { train, valid, test: read("test"), afterThrough };
}

async function trainTeacher(
  { name, teacher, seed }: Turn,
  request: BuildRequest,
  train: Dataset,
  checkpoint: CheckpointSlot | undefined,
): Promise<TrainedModel> {
  const { task, splits, device, signal, onProgress } = request;
  const model = `${name}, ${teacher.model.family}`;
  const report = onProgress && ((progress: TrainProgress) => onProgress({ ...progress, model }));
  const own = { ...task, model: teacher.model, training: teacher.training };
  const { featureMap, valid } = splits;
  return trainFamily({ task: own, featureMap, train, valid, device, seed, signal, checkpoint, onProgress: report });
}

function evaluateSplits(logits: SplitLogits, splits: Splits): SplitMetrics {
  const calibration = fitCalibration(logits.valid, splits.valid.labels);
  return {
    valid: evaluateLogits(logits.valid, calibration, splits.valid),
    test: logits.test && splits.test && evaluateLogits(logits.test, calibration, splits.test),
  };
}

function meanOf(members: readonly SplitLogits[]): SplitLogits {
  const present = (vectors: readonly (Float32Array | null | undefined)[]) => {
    const given = vectors.filter((vector) => vector instanceof Float32Array);
    return given.length > 0 ? mean(given) : null;
  };
  const after = members.map(({ afterThrough }) => afterThrough);
  const validAfter = present(after.map((one) => one?.valid));
  return {
    train: mean(members.map(({ train }) => train)),
    valid: mean(members.map(({ valid }) => valid)),
    test: present(members.map(({ test }) => test)),
    afterThrough: validAfter && { valid: validAfter, test: present(after.map((one) => one?.test)) },
  };
}

function mean(vectors: readonly Float32Array[]): Float32Array {
  const sumAt = (at: number) => vectors.reduce((sum, vector) => sum + (vector[at] as number), 0); // equally long
  return Float32Array.from(vectors[0] ?? [], (_, at) => sumAt(at) / vectors.length);
}

const ascending = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index);

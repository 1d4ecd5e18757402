// THE story of gradient-boosted trees (Friedman, 2001), each on second derivatives (Chen and Guestrin, 2016): a teacher for the served nets.
import { setImmediate } from "node:timers/promises";
import type { ModelSpec } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { EpochRecord } from "../engine/checkpoint.ts";
import { Random } from "../engine/random.ts";
import { learningRateAt } from "../engine/schedule.ts";
import { createMeter, type TrainedModel, type TrainRequest } from "../engine/train-model.ts";
import { applyBinnings, type BinnedColumns, fitBinnings } from "./binning.ts";
import { planColumns } from "./columns.ts";
import { Grower } from "./grow.ts";
import { deriveLogloss, meanLogloss } from "./logloss.ts";
import { addTree, type Tree } from "./tree.ts";

/** What prediction adds up; `factor` is the learning rate that the tree was grown with. */
interface Boosted {
  readonly base: number;
  readonly trees: readonly { readonly tree: Tree; readonly factor: number }[];
}

/**
 * Trains on `targets` where there are any, else on labels. An epoch grows one tree. Trees after the best validation logloss are
 * dropped. Needs no device.
 */
export async function trainTrees(request: TrainRequest): Promise<TrainedModel> {
  const { task, featureMap, train, valid, seed, signal } = request;
  const { model, training } = task;
  const started = performance.now();
  const binnings = fitBinnings(planColumns(featureMap, train), train);
  const learning = start(applyBinnings(binnings, train), targetsOf(train), model, new Random(seed));
  const checking = { data: applyBinnings(binnings, valid), targets: targetsOf(valid) };
  const validScores = new Float64Array(valid.labels.length).fill(learning.base);
  const history: EpochRecord[] = [];
  const course = { epoch: 1, step: 0, trainMs: 0, history };
  const meter = createMeter(request, course);
  const trees: { tree: Tree; factor: number }[] = [];
  let best = { logloss: meanLogloss(validScores, checking.targets), epoch: 0 };
  let epochsWithoutGain = 0;

  for (; course.epoch <= training.epochs && course.epoch - best.epoch <= training.patience; course.epoch++) {
    const { epoch } = course;
    await setImmediate(); // lets signals and timers in
    signal?.throwIfAborted();
    const begun = performance.now();
    const factor = learningRateAt(training, epoch - 1, epochsWithoutGain);
    const tree = learning.grow(factor);
    trees.push({ tree, factor });
    const trainLogloss = learning.logloss();
    course.trainMs += performance.now() - begun;
    meter.add(train.labels.length, trainLogloss);
    addTree(tree, checking.data, factor, validScores);
    const validLogloss = meanLogloss(validScores, checking.targets);
    history.push({ epoch, learningRate: factor, trainLogloss, validLogloss });
    if (validLogloss < best.logloss) best = { logloss: validLogloss, epoch };
    else epochsWithoutGain++;
  }
  const boosted = { base: learning.base, trees: trees.slice(0, best.epoch) };
  return {
    model: null,
    predict: async (data) => predict(boosted, applyBinnings(binnings, data)),
    predictAfterThrough: null,
    device: { name: "cpu", skipped: [] },
    history,
    samplesPerSecond: meter.samplesPerSecond(),
    wallSeconds: (performance.now() - started) / 1000,
  };
}

const targetsOf = ({ targets, labels }: Dataset): ArrayLike<number> => targets ?? labels;

/** The training split with its scores so far. The first score is the log-odds of the mean target. */
function start(data: BinnedColumns, targets: ArrayLike<number>, model: ModelSpec, random: Random) {
  const base = logOddsOfMean(targets);
  const scores = new Float64Array(data.count).fill(base);
  const derivatives = { gradients: new Float64Array(data.count), hessians: new Float64Array(data.count) };
  const grower = new Grower(data, model);
  const [exampleDraws, columnDraws] = [random.fork("examples"), random.fork("columns")];
  const draws = { examples: new Int32Array(data.count), columns: new Int32Array(data.binCounts.length) };
  return {
    base,
    logloss: () => meanLogloss(scores, targets),
    grow(factor: number): Tree {
      deriveLogloss(scores, targets, derivatives);
      const examples = drawExamples(draws.examples, model.exampleShare, exampleDraws);
      const columns = drawColumns(draws.columns, model.columnShare, columnDraws);
      const tree = grower.grow(examples, columns, derivatives);
      addTree(tree, data, factor, scores);
      return tree;
    },
  };
}

/** Half an example of each kind is added: all-equal targets have finite odds too. */
function logOddsOfMean(targets: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum += targets[i]!;
  return Math.log((sum + 0.5) / (targets.length - sum + 0.5));
}

/** Each example with the given chance; ascending. */
function drawExamples(into: Int32Array, share: number, random: Random): Int32Array {
  let drawn = 0;
  for (let example = 0; example < into.length; example++) {
    if (share === 1 || random.uniform() < share) into[drawn++] = example;
  }
  return into.subarray(0, drawn);
}

/** The given share of columns, at least one; ascending. */
function drawColumns(into: Int32Array, share: number, random: Random): Int32Array {
  for (let column = 0; column < into.length; column++) into[column] = column;
  if (share === 1) return into;
  return random
    .shuffle(into)
    .slice(0, Math.max(1, Math.round(share * into.length)))
    .sort();
}

function predict({ base, trees }: Boosted, data: BinnedColumns): Float32Array {
  const scores = new Float64Array(data.count).fill(base);
  for (const { tree, factor } of trees) addTree(tree, data, factor, scores);
  return Float32Array.from(scores);
}

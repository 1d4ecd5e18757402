// THE story of gradient-boosted trees (Friedman, 2001), each on second derivatives (Chen and Guestrin, 2016): a teacher for the served nets.
import { setImmediate } from "node:timers/promises";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { requireInMemory } from "../dataset/shards.ts";
import { createCourse, endEpoch } from "../engine/course.ts";
import { createMeter, speedOf } from "../engine/meter.ts";
import { Random } from "../engine/random.ts";
import { learningRateAt } from "../engine/schedule.ts";
import type { TrainedModel, TrainRequest } from "../engine/train-model.ts";
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
  const { task, featureMap, seed, signal } = request;
  const { model, training } = task;
  const [train, valid] = [requireInMemory(request.train, "trees"), requireInMemory(request.valid, "trees")];
  const started = performance.now();
  const binnings = fitBinnings(planColumns(featureMap, train), train);
  const learning = start(applyBinnings(binnings, train), targetsOf(train), model, new Random(seed));
  const checking = { data: applyBinnings(binnings, valid), targets: targetsOf(valid) };
  const validScores = new Float64Array(valid.labels.length).fill(learning.base);
  const course = createCourse(null);
  course.best = { logloss: meanLogloss(validScores, checking.targets), snapshot: null };
  const meter = createMeter(request, course);
  const trees: { tree: Tree; factor: number }[] = [];

  while (course.epoch <= training.epochs && course.gainless < training.patience) {
    await setImmediate(); // lets signals and timers in
    signal?.throwIfAborted();
    const begun = performance.now();
    const learningRate = learningRateAt(training, course.epoch - 1, course.epochsWithoutGain);
    const tree = learning.grow(learningRate);
    trees.push({ tree, factor: learningRate });
    const trainLogloss = learning.logloss();
    course.trainMs += performance.now() - begun;
    course.samplesDone += train.labels.length;
    meter.report(trainLogloss);
    addTree(tree, checking.data, learningRate, validScores);
    endEpoch(course, { learningRate, trainLogloss, validLogloss: meanLogloss(validScores, checking.targets) }, null);
  }
  const boosted = { base: learning.base, trees: trees.slice(0, trees.length - course.gainless) };
  return {
    model: null,
    towers: null,
    predict: async (data) => predict(boosted, applyBinnings(binnings, requireInMemory(data, "trees"))),
    predictAfterThrough: null,
    device: { name: "cpu", skipped: [] },
    history: course.history,
    samplesPerSecond: speedOf(course),
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

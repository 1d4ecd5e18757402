// THE story of what is served: a trained model -> integers, and how sure it is, with both forms as functions that score; towers get their items here.
import { createKernelRetriever } from "../../shared/scoring/kernel-retriever.ts";
import { createKernelScorer } from "../../shared/scoring/kernel-scorer.ts";
import type { ServedModel } from "../../shared/scoring/scorer.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { collectItems } from "../dataset/collect-items.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { requireSplitsInMemory, type Splits } from "../dataset/load.ts";
import { Random } from "../engine/random.ts";
import type { TrainedModel } from "../engine/train-model.ts";
import { measureRecall, type Recall } from "../evaluate/recall.ts";
import type { FloatModel } from "../model/float-model.ts";
import type { FloatTowers } from "../model/float-two-tower.ts";
import { fitPosterior } from "../posterior/fit-posterior.ts";
import { floatLogits } from "../quantize/float-forward.ts";
import { withItems } from "../quantize/float-queries.ts";
import { readKernelModule } from "../quantize/kernel-module.ts";
import { readSample } from "../quantize/layer-inputs.ts";
import { quantize } from "../quantize/quantize.ts";
import { addPosterior } from "../quantize/quantize-posterior.ts";
import { quantizeTwoTower } from "../quantize/quantize-two-tower.ts";
import { scoreDataset } from "../quantize/score-dataset.ts";
import { floatItemLogits, servedItemLogits } from "../quantize/score-items.ts";

/** Logits of every example of a part of a split. */
export type Score = (part: Dataset) => Float32Array;

export interface Compressed {
  readonly served: ServedModel;
  readonly scoreFloat: Score;
  /** By the kernel that serves. */
  readonly scoreServed: Score;
  /** Null for a model that ranks. */
  readonly recall: Recall | null;
}

export async function compress({ model, towers }: TrainedModel, splits: Splits, task: Task, seed: number): Promise<Compressed> {
  if (towers) return compressTowers(towers, splits, task.model);
  return compressRanking(model!, splits, task, seed); // a family that is served has one or the other
}

async function compressRanking(
  model: FloatModel,
  { train, valid }: Splits,
  { model: spec, training: { posterior: wanted } }: Task,
  seed: number,
): Promise<Compressed> {
  const certain = quantize(model, await readSample(valid), spec);
  const posterior = wanted && (await fitPosterior(model, train, { ...wanted, random: new Random(seed).fork("posterior") }));
  const served = posterior ? addPosterior(certain, posterior) : certain;
  const scorer = createKernelScorer(readKernelModule(), served);
  const scoreServed = (part: Dataset) => scoreDataset(scorer, part);
  return { served, scoreServed, scoreFloat: (part) => floatLogits(model, part), recall: null };
}

function compressTowers(towers: FloatTowers, asked: Splits, spec: Task["model"]): Compressed {
  const splits = requireSplitsInMemory(asked, spec.family);
  const items = collectItems(splits.train, splits.featureMap, spec.itemField!); // the task's schema asks for it
  const model = withItems(towers, items.ids, items.candidates);
  const served = quantizeTwoTower(model, splits.valid.context, spec);
  const retriever = createKernelRetriever(readKernelModule(), served);
  return {
    served,
    scoreFloat: (part) => floatItemLogits(model, part, items.indexOf),
    scoreServed: (part) => servedItemLogits(retriever, part, items.indexOf),
    recall: measureRecall(retriever, splits, items),
  };
}

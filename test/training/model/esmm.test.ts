// ESMM: the arithmetic of its product, and what it is for, pCVR over all impressions from conversions of the clicked ones.
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Family } from "../../../shared/tasks/family.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { selectExamples } from "../../../training/dataset/select-examples.ts";
import { openDevice } from "../../../training/engine/device.ts";
import { HostLearner } from "../../../training/engine/learner.ts";
import type { Predict } from "../../../training/engine/predict.ts";
import { Random } from "../../../training/engine/random.ts";
import { trainModel } from "../../../training/engine/train-model.ts";
import { evaluate } from "../../../training/evaluate/metrics.ts";
import { joinEntireSpace } from "../../../training/model/esmm.ts";
import { taskWith } from "../engine/synthetic.ts";
import { drawImpressions, impressionMap, sigmoid } from "./impressions.ts";

beforeAll(() => openDevice("wasm"));

describe("the label's logit", () => {
  const logitOf = (a: number, b: number) => joinEntireSpace(tf.tensor2d([a, b], [1, 2])).label.dataSync()[0]!;

  it("is that of the product of the two probabilities", () => {
    for (const [a, b] of [
      [0, 0],
      [1.5, -0.25],
      [-3, 2],
      [4, 4],
    ] as const) {
      const p = sigmoid(a) * sigmoid(b);
      expect(logitOf(a, b)).toBeCloseTo(Math.log(p / (1 - p)), 5);
    }
  });

  it("is a number where the product is not one in f32", () => {
    expect(logitOf(-60, -70)).toBeCloseTo(-130, 3);
    expect(logitOf(90, -40)).toBeCloseTo(-40, 3);
    expect(logitOf(50, 60)).toBeCloseTo(50, 3);
  });
});

it.each(["esmm", "mmoe"] as const)("%s never says that the label is likelier than the step on the way to it", async (family) => {
  const { data } = drawImpressions(300, 1);
  const learner = new HostLearner(taskWith({ family, hidden: [8], experts: 2 }, {}), impressionMap, new Random(1));
  const order = Int32Array.from(data.labels, (_, example) => example);
  for (let step = 0; step < 3; step++) await learner.step(data, order, 0, 300, 0.05);
  const label = await learner.logits(data, order, 0, 300);
  const afterThrough = await learner.logitsAfterThrough(data, order, 0, 300);
  expect(label.every((logit, example) => logit < afterThrough[example]!)).toBe(true);
});

describe("conversions of clicked impressions", () => {
  const [train, valid, all] = [drawImpressions(10_000, 1), drawImpressions(5_000, 2), drawImpressions(10_000, 3)];

  async function learn(family: Family, of: (data: Dataset) => Dataset) {
    const model = { family, embeddingDimension: 8, hidden: [32] };
    const training = { batchSize: 512, epochs: 20, patience: 3, learningRate: 0.02, l2Embedding: 1e-4 };
    const splits = { train: of(train.data), valid: of(valid.data) };
    return trainModel({ task: taskWith(model, training), featureMap: impressionMap, ...splits, device: "wasm", seed: 1 });
  }

  async function judge(predict: Predict) {
    const probabilities = Float64Array.from(await predict(all.data), sigmoid);
    const errors = probabilities.map((p, example) => Math.abs(p - all.conversionProbability[example]!));
    const { auc, ece } = evaluate(probabilities, all.wouldConvert);
    return { auc: auc!, ece, meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length };
  }

  it("tell ESMM more of all impressions than they tell a model of the clicked ones", async () => {
    const entire = await learn("esmm", (data) => data);
    const clicked = await learn("mlp", takenOf);
    const [ours, theirs] = [await judge(entire.predictAfterThrough!), await judge(clicked.predict)];
    expect(ours.auc).toBeGreaterThan(theirs.auc + 0.03); // 0.668 and 0.603 were seen, 0.78 is the truth's
    expect(ours.ece).toBeLessThan(theirs.ece - 0.03); // 0.103 and 0.172
    expect(ours.meanError).toBeLessThan(theirs.meanError - 0.03); // 0.150 and 0.210
  });
});

const takenOf = (data: Dataset): Dataset =>
  selectExamples(
    data,
    Int32Array.from(data.labels.keys()).filter((example) => data.through![example] === 1),
  );

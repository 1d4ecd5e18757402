import * as tf from "@tensorflow/tfjs";
import * as v from "valibot";
import { beforeAll, describe, expect, it } from "vitest";
import { HistoryFamily, JointFamily, NetFamily } from "../../../shared/tasks/family.ts";
import type { ModelSpec } from "../../../shared/tasks/model-spec.ts";
import { openDevice } from "../../../training/engine/device.ts";
import { type Gathered, type Gradients, Network } from "../../../training/engine/network.ts";
import { Random } from "../../../training/engine/random.ts";
import { createNet } from "../../../training/model/family.ts";
import { taskWith } from "./synthetic.ts";

/** Three embedded fields of four columns, the last the candidate's, and two columns by value. */
const fields = { width: 14, contextWidth: 10, embeddingDimension: 4, embeddedColumns: [0, 4, 10] };
/** Two histories besides, of 3 and 2 positions, and where their masks are. */
const history = { ownWidth: 14, positions: [3, 2], candidateColumns: [10] };
const masks = [26, 27, 28, 37, 38];
const shapeFor = (family: ModelSpec["family"]) => (v.is(HistoryFamily, family) ? { ...fields, width: 39, history } : fields);
const COUNT = 13;

interface Case {
  readonly network: Network;
  readonly gathered: Gathered;
  readonly labels: Float32Array;
  readonly through: Float32Array;
}

function createCase(spec: Partial<ModelSpec>): Case {
  const sizes = {
    hidden: [9, 6],
    crossLayers: 2,
    experts: 2,
    towerHidden: [5],
    towerDimension: 5,
    convolutionFilters: 3,
    convolutionHeights: [1, 3],
  };
  const { model } = taskWith({ ...sizes, ...spec }, {});
  const shape = shapeFor(model.family);
  const network = new Network(createNet(model, shape, new Random(1)), new Random(2));
  const random = new Random(3);
  for (const { name, values } of network.parameters) if (!name.endsWith("weight")) random.fillUniform(values, 0.6);
  const x0 = random.fillUniform(new Float32Array(COUNT * shape.width), 1);
  if (shape !== fields) fillHistories(x0, shape.width);
  const sums = random.fillUniform(new Float32Array(COUNT), 1);
  const labels = Float32Array.from({ length: COUNT }, () => random.uint32() % 2);
  const through = labels.map((label) => Math.max(label, random.uint32() % 2));
  return { network, gathered: { count: COUNT, width: shape.width, x0, sums }, labels, through };
}

/** As many ids as the example's number modulo one more than there are positions, at the end; 0 before them. */
function fillHistories(x0: Float32Array, width: number): void {
  let firstColumn = history.ownWidth;
  for (const positions of history.positions) {
    for (let example = 0; example < COUNT; example++) {
      const empty = positions - (example % (positions + 1));
      const from = example * width + firstColumn;
      x0.fill(0, from, from + empty * 4);
      x0.fill(0, from + positions * 4, from + positions * 4 + empty).fill(1, from + positions * 4 + empty, from + positions * 5);
    }
    firstColumn += positions * 5;
  }
}

/** Every array that the loss is differentiated by, beside its gradient. */
function differentiated(
  network: Network,
  gathered: Gathered,
  gradients: Gradients,
): [string, Float32Array, Float32Array | null][] {
  const parameters = network.parameters.map(({ name, values }, index): [string, Float32Array, Float32Array] => [
    name,
    values,
    gradients.parameters[index]!,
  ]);
  return [["x0", gathered.x0, gradients.x0], ["sums", gathered.sums, gradients.sums], ...parameters];
}

const STEP = 1e-3;
const TOLERANCE = 1e-3;

describe("gradients equal finite differences", () => {
  beforeAll(() => openDevice("wasm"));

  const specs = NetFamily.options.flatMap((family) => [
    ...(family === "transformer" ? [] : [{ family }]),
    ...(/deepfm|mlp|dcn|auto|esmm|mmoe|tower/.test(family) ? [{ family, batchNorm: true }] : []),
    ...(family === "dcn-v2" ? [{ family, crossRank: 3 }] : []),
    ...(family === "transformer" ? [{ family, attentionLayers: 1, attentionHeads: 3, attentionDimension: 2 }] : []),
    ...(family === "final-mlp" ? [{ family, secondHidden: [5], fusionHeads: 2 }] : []),
  ]);
  it.each(specs)(
    "$family, batch norm $batchNorm, cross rank $crossRank, fusion heads $fusionHeads",
    async (spec) => {
      const { network, gathered, labels, through } = createCase(spec);
      const loss = async () => (await network.gradients(gathered, labels, through)).loss;
      const gradients = await network.gradients(gathered, labels, through);
      let [compared, kinks] = [0, 0];
      const arrays = differentiated(network, gathered, gradients);
      for (const [name, values, gradient] of arrays) {
        if (!gradient) continue;
        const stride = Math.max(1, Math.floor(values.length / 25));
        for (let index = 0; index < values.length; index += stride) {
          if (name === "x0" && masks.includes(index % gathered.width)) continue; // no variables
          const kept = values[index]!;
          values[index] = kept + STEP;
          const above = (await loss()) - gradients.loss;
          values[index] = kept - STEP;
          const below = gradients.loss - (await loss());
          values[index] = kept;
          compared++;
          if (Math.abs(above - below) > STEP * TOLERANCE)
            kinks++; // a ReLU's corner lies between
          else expect(Math.abs((above + below) / (2 * STEP) - gradient[index]!), `${name}[${index}]`).toBeLessThan(TOLERANCE);
        }
      }
      expect(kinks / compared).toBeLessThan(0.1);
    },
    120_000,
  );

  it("at logits of exactly 0 too: half a label, not a whole one", async () => {
    const { network, gathered } = createCase({ family: "logistic" });
    network.bias.values.fill(0);
    gathered.sums.fill(0);
    const gradients = await network.gradients(
      gathered,
      Float32Array.from({ length: COUNT }, (_, index) => index % 2),
    );
    gradients.sums!.forEach((value, index) => void expect(value).toBeCloseTo((0.5 - (index % 2)) / COUNT, 7));
  });
});

describe("a network", () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const meanLogloss = (probabilities: Float64Array, labels: Float32Array) =>
    probabilities.reduce((sum, p, index) => sum - Math.log(labels[index] === 1 ? p : 1 - p), 0) / labels.length;

  it.each(NetFamily.options)("of %s predicts with what it trains", async (family) => {
    const { network, gathered, labels, through } = createCase({ family });
    const ofLabel = Float64Array.from(await network.logits(gathered), sigmoid);
    const { loss } = await network.gradients(gathered, labels, through);
    if (!v.is(JointFamily, family)) return expect(loss).toBeCloseTo(meanLogloss(ofLabel, labels), 5);
    const after = Float64Array.from(await network.logitsAfterThrough(gathered), sigmoid);
    const ofThrough = ofLabel.map((p, index) => p / after[index]!); // the label's is the product of both
    expect(loss).toBeCloseTo(meanLogloss(ofLabel, labels) + meanLogloss(ofThrough, through), 5);
  });

  const dropping: Partial<ModelSpec>[] = [
    { family: "mlp" },
    { family: "transformer", hidden: [] }, // its own units, not those of the MLP behind it
    { family: "convolution", hidden: [] },
  ];
  it.each(dropping)("of $family drops units in training only, from its own stream", async (spec) => {
    const { network, gathered, labels } = createCase({ ...spec, dropout: 0.5 });
    const [first, second] = [await network.gradients(gathered, labels), await network.gradients(gathered, labels)];
    expect(first.loss).not.toBe(second.loss);
    expect(await network.logits(gathered)).toEqual(await network.logits(gathered));
    const again = createCase({ ...spec, dropout: 0.5 });
    expect((await again.network.gradients(gathered, labels)).loss).toBe(first.loss);
  });

  it("predicts with running statistics, which come to equal those of a batch seen over and over", async () => {
    const { network, gathered, labels } = createCase({ family: "mlp", batchNorm: true });
    for (let step = 0; step < 3; step++) await network.gradients(gathered, labels);
    const logits = await network.logits(gathered);
    const loss = logits.reduce((sum, x, index) => sum + Math.log1p(Math.exp(x)) - x * labels[index]!, 0) / COUNT;
    expect(loss).toBeCloseTo((await network.gradients(gathered, labels)).loss, 4);
  });

  it.each(["dcn-v2", "esmm", "mmoe"] as const)("leaves no tensors behind: %s", async (family) => {
    const { network, gathered, labels, through } = createCase({ family, batchNorm: true, dropout: 0.1 });
    const { numTensors } = tf.memory();
    await network.gradients(gathered, labels, through);
    await network.logits(gathered);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

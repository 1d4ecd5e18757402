// The draws' spread is the posterior's: held against an exact one, against counts, and through the kernel that serves.
import { describe, expect, it } from "vitest";
import type { Bags } from "../../../shared/features/bags.ts";
import type { FeatureMap } from "../../../shared/features/feature-map.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";
import { fitLogistic } from "../../../training/evaluate/fit-logistic.ts";
import type { FloatModel } from "../../../training/model/float-model.ts";
import { fitPosterior } from "../../../training/posterior/fit-posterior.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { quantize } from "../../../training/quantize/quantize.ts";
import { addPosterior } from "../../../training/quantize/quantize-posterior.ts";

const noContext: Bags = {
  fieldCount: 0,
  count: 0,
  offsets: new Int32Array(1),
  rows: new Int32Array(),
  weights: new Float32Array(),
};

const oneField = (rows: ArrayLike<number>, weights: ArrayLike<number>): Bags => ({
  fieldCount: 1,
  count: rows.length,
  offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i),
  rows: Int32Array.from(rows),
  weights: Float32Array.from(weights),
});

const datasetOf = (candidate: Bags, labels: Uint8Array): Dataset => ({ context: noContext, candidate, labels, timesMs: null });
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
const spec = { draws: 256, priorVariance: 1, rowVariance: 0.5 };

/** Variance of each candidate's logits over the served draws. */
async function servedVariances(model: FloatModel, train: Dataset, asked: Bags, wanted: typeof spec): Promise<number[]> {
  const posterior = await fitPosterior(model, train, { ...wanted, random: new Random(5) });
  const scorer = createKernelScorer(readKernelModule(), addPosterior(quantize(model, train), posterior));
  const { logits, drawLogits } = scorer.scoreDraws(noContext, asked);
  return [...logits].map((logit, i) => {
    const own = drawLogits.subarray(i * wanted.draws, (i + 1) * wanted.draws);
    return own.reduce((sum, drawn) => sum + (drawn - logit) ** 2, 0) / wanted.draws;
  });
}

/** p = sigmoid(weight x + bias), as a net of one hidden unit that passes x on. */
function lineModel(weight: number, bias: number): FloatModel {
  const field = { kind: "vector", name: "x", from: "candidate", firstRow: 0, rowCount: 2, dimension: 1 } as const;
  const featureMap: FeatureMap = { version: 1, fields: [{ ...field, separator: " ", input: "value" }], rowCount: 2 };
  const layer = (...w: number[]) => ({ inputs: w.length, outputs: 1, weight: Float32Array.from(w), bias: Float32Array.of(0) });
  const mlp = { layers: [layer(0, 1)], head: layer(weight) }; // the first column says that x is missing
  return { featureMap, embeddingDimension: 1, bias, linear: null, embedding: new Float32Array(2), fm: false, cross: null, mlp };
}

/** Variance of weight x + bias under the posterior itself, by sums over a grid of 161 x 161. */
function exactVariance(
  xs: readonly number[],
  labels: Uint8Array,
  [weight, bias]: readonly [number, number],
  x: number,
  prior: number,
) {
  const offsets = Array.from({ length: 161 }, (_, i) => (i - 80) / 40);
  const points = offsets.flatMap((dw) => offsets.map((db) => [weight + dw, bias + db] as const));
  const logs = points.map(([w, b]) => {
    const likelihood = xs.reduce(
      (sum, at, i) => sum + Math.log(labels[i] === 1 ? sigmoid(w * at + b) : 1 - sigmoid(w * at + b)),
      0,
    );
    return likelihood - (w * w + b * b) / (2 * prior);
  });
  const most = Math.max(
    ...logs.slice(0, 1),
    logs.reduce((a, b) => Math.max(a, b)),
  );
  const [mass, first, second] = points.reduce(
    ([m, f, s], [w, b], i) => {
      const p = Math.exp(logs[i]! - most);
      const logit = w * x + b;
      return [m + p, f + p * logit, s + p * logit * logit];
    },
    [0, 0, 0],
  ) as [number, number, number];
  return second / mass - (first / mass) ** 2;
}

describe("the last layer of a net", () => {
  it("has the spread of the exact posterior, to within a quarter: 256 draws know a variance to about a tenth", async () => {
    const random = new Random(1);
    const xs = Array.from({ length: 300 }, () => 2 * random.uniform());
    const labels = Uint8Array.from(xs, (x) => Number(random.uniform() < sigmoid(0.8 * x - 1.5)));
    const [weight, bias] = fitLogistic({ columns: [xs, xs.map(() => 1)], targets: labels }, [0, 0]) as [number, number];
    const train = datasetOf(oneField(new Int32Array(300).fill(1), xs), labels);
    const asked = [0, 1, 2];
    const wanted = { ...spec, priorVariance: 100 };
    const found = await servedVariances(lineModel(weight, bias), train, oneField([1, 1, 1], asked), wanted);
    for (const [i, x] of asked.entries()) {
      const exact = exactVariance(xs, labels, [weight, bias], x, 100);
      expect(found[i]! / exact).toBeGreaterThan(0.75);
      expect(found[i]! / exact).toBeLessThan(1.25);
    }
  }, 30_000);
});

describe("a creative's own rows", () => {
  const vocabulary = ["rare", "known", "common"];
  const field = {
    kind: "categorical",
    name: "creativeId",
    from: "candidate",
    firstRow: 0,
    rowCount: 5,
    ids: { vocabulary },
  } as const;
  const model: FloatModel = {
    featureMap: { version: 1, fields: [field], rowCount: 5 },
    embeddingDimension: 1,
    bias: -2,
    linear: new Float32Array(5),
    embedding: new Float32Array(5),
    fm: false,
    cross: null,
    mlp: null,
  };
  const counts = [0, 0, 20, 200, 20_000];
  const rows = counts.flatMap((count, row) => new Array<number>(count).fill(row));
  const train = datasetOf(
    oneField(
      rows,
      rows.map(() => 1),
    ),
    new Uint8Array(rows.length),
  );

  it("are the less certain the less they were shown; a creative that was never seen is as uncertain as the prior", async () => {
    const variances = await servedVariances(model, train, oneField([1, 2, 3, 4], [1, 1, 1, 1]), spec);
    const expected = counts.slice(1).map((count) => 1 / (1 / spec.rowVariance + count * sigmoid(-2) * sigmoid(2)));
    const bias = 1 / (1 / spec.priorVariance + rows.length * sigmoid(-2) * sigmoid(2)); // which all share
    for (const [i, variance] of variances.entries()) {
      expect(variance / (expected[i]! + bias)).toBeGreaterThan(0.75);
      expect(variance / (expected[i]! + bias)).toBeLessThan(1.25);
      if (i > 0) expect(variance).toBeLessThan(variances[i - 1]!);
    }
  });

  it("are drawn alike from the same seed, and otherwise from another", async () => {
    const drawn = async (seed: number) =>
      (await fitPosterior(model, train, { ...spec, random: new Random(seed) })).rows[0]?.values;
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
  });
});

// Quantization: a served model that the scorer accepts, close to its float model in every family.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import { float32Tensor, int8Tensor } from "../../../shared/scoring/served-layers.ts";
import { floatLogits } from "../../../training/quantize/float-forward.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { chooseInputs } from "../../../training/quantize/layer-inputs.ts";
import { quantize } from "../../../training/quantize/quantize.ts";
import { quantizeRows } from "../../../training/quantize/quantize-rows.ts";
import { scoreDataset } from "../../../training/quantize/score-dataset.ts";
import type { ModelChoice } from "../../shared/scoring/random-model.ts";
import { randomDataset, randomFloatModel } from "./random-float-model.ts";

const module = readKernelModule();

const base: ModelChoice = {
  context: 5,
  candidate: 5,
  dimension: 16,
  linear: true,
  fm: false,
  cross: 0,
  hidden: null,
  extreme: false,
  values: false,
};

/** Each with the root mean square error of the logit that we accept, as a share of the logits' own; 0.002 to 0.03 were seen. */
const families: [string, number, Partial<ModelChoice>][] = [
  ["logistic", 1e-6, {}],
  ["fm", 0.01, { fm: true }],
  ["deepfm", 0.01, { fm: true, hidden: [64, 32] }],
  ["dcn-v2", 0.03, { cross: 2, hidden: [64, 32] }],
  ["mlp", 0.05, { linear: false, hidden: [64, 32] }],
  ["dcn-v2 of low rank", 0.03, { cross: 2, rank: 8, hidden: [64, 32] }],
  ["mlp of no hidden layer", 0.01, { linear: false, hidden: [] }],
  ["mlp with fields by value", 0.03, { linear: false, hidden: [64, 32], values: true }],
];

const rootMeanSquare = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);

describe("quantize", () => {
  it.each(families)(
    "%s: served logits stay near the float logits on examples it was not calibrated on",
    (_, tolerance, family) => {
      const model = randomFloatModel(1, { ...base, ...family });
      const served = quantize(model, randomDataset(2, model, 500));
      const heldOut = randomDataset(3, model, 500);
      const exact = floatLogits(model, heldOut);
      const logits = scoreDataset(createKernelScorer(module, served), heldOut);
      const error = rootMeanSquare(logits.map((logit, i) => logit - (exact[i] ?? 0)));
      expect(error).toBeLessThan(tolerance * rootMeanSquare(exact));
      expect(rootMeanSquare(exact)).toBeGreaterThan(0.3);
    },
  );

  it("gives a logistic model no table, and every model the tensors of its terms", () => {
    const model = randomFloatModel(1, base);
    expect([...quantize(model, randomDataset(2, model, 10)).tensors.keys()]).toEqual(["bias", "linear"]);
  });

  it("serves a model whose sample is empty", () => {
    const model = randomFloatModel(1, { ...base, hidden: [4] });
    expect(quantize(model, randomDataset(2, model, 0)).architecture.mlp?.headInputScale).toBe(1);
  });

  it("refuses a weight that is not a number, naming its tensor", () => {
    const model = randomFloatModel(1, { ...base, hidden: [4] });
    model.mlp?.layers[0]?.weight.fill(Number.NaN, 3, 4);
    const attempt = () => quantize(model, randomDataset(2, model, 10));
    expect(attempt).toThrow(CodedError);
    expect(attempt).toThrow(/^mlp\.0\.scale/);
  });

  it("leaves room above the largest activation seen", () => {
    const model = randomFloatModel(1, { ...base, hidden: [] });
    const sample = randomDataset(2, model, 200);
    const scale = chooseInputs(model, sample).get("mlp.head")?.input.scale ?? 0;
    model.embedding.forEach((v, i) => {
      model.embedding[i] = v * 2;
    });
    expect(chooseInputs(model, sample).get("mlp.head")?.input.scale).toBeCloseTo(scale * 2, 6);
  });
});

describe("quantizeRows", () => {
  it("is off by at most half a step, and uses the whole range", () => {
    const matrix = fc.array(fc.float({ noNaN: true, min: -(2 ** 99), max: 2 ** 99 }), { minLength: 7, maxLength: 70 });
    fc.assert(
      fc.property(matrix, (numbers) => {
        const values = Float32Array.from(numbers.slice(0, numbers.length - (numbers.length % 7)));
        const rows = quantizeRows(values, 7);
        for (const [i, value] of values.entries()) {
          const scale = rows.scales[Math.floor(i / 7)] ?? Number.NaN;
          expect(Math.abs(value - (rows.values[i] ?? 0) * scale)).toBeLessThanOrEqual(scale * 0.5001 + 127 * 1.5e-45);
        }
      }),
    );
    expect([...quantizeRows(Float32Array.of(-2, 1, 0, 0), 2).values]).toEqual([-127, 64, 0, 0]);
  });
});

describe("scoreDataset", () => {
  it("gives each example its own context: equal to the reference, bit for bit", () => {
    const model = randomFloatModel(4, { ...base, fm: true, cross: 1, hidden: [8] });
    const dataset = randomDataset(5, model, 40);
    const served = quantize(model, dataset);
    expect(scoreDataset(createKernelScorer(module, served), dataset)).toEqual(
      scoreDataset(createReferenceScorer(served), dataset),
    );
  });

  it("scores a model that has context fields only", () => {
    const model = randomFloatModel(6, { ...base, candidate: 0, hidden: [8] });
    const dataset = randomDataset(7, model, 40);
    const served = quantize(model, dataset);
    expect(new Set(scoreDataset(createKernelScorer(module, served), dataset)).size).toBe(40);
  });
});

describe("floatLogits", () => {
  it("computes every term as the formulas say, on a model small enough for pencil and paper", () => {
    const ids = { hashSpace: 1, hashVersion: 1 } as const;
    const field = { kind: "categorical", rowCount: 2, ids } as const;
    const head = { inputs: 2, outputs: 1, weight: Float32Array.of(1, 10), bias: Float32Array.of(0.5) };
    const model = {
      featureMap: {
        version: 1 as const,
        fields: [
          { ...field, name: "a", from: "context" as const, firstRow: 0 },
          { ...field, name: "b", from: "candidate" as const, firstRow: 2 },
        ],
        rowCount: 4,
      },
      embeddingDimension: 1,
      bias: 1,
      linear: Float32Array.of(0, 2, 0, 3),
      embedding: Float32Array.of(0, 4, 0, 5),
      fm: true,
      cross: {
        layers: [{ down: null, up: { inputs: 2, outputs: 2, weight: Float32Array.of(1, 0, 0, 1), bias: Float32Array.of(0, 1) } }],
        head,
      },
      mlp: { layers: [{ inputs: 2, outputs: 2, weight: Float32Array.of(1, 1, -1, -1), bias: new Float32Array(2) }], head },
    };
    const bags = (row: number, weight: number) => ({
      fieldCount: 1,
      count: 1,
      offsets: Int32Array.of(0, 1),
      rows: Int32Array.of(row),
      weights: Float32Array.of(weight),
    });
    const dataset = { context: bags(1, 1), candidate: bags(3, 2), labels: Uint8Array.of(1), timesMs: null };
    // x0 = [4, 10]; linear 2 + 6; fm 40; cross x = [4*4 + 4, 10*11 + 10] = [20, 120], head 1220.5; mlp [14, 0], head 14.5
    expect([...floatLogits(model, dataset)]).toEqual([1 + 8 + 40 + 1220.5 + 14.5]);
    const served = quantize(model, dataset);
    expect(float32Tensor(served, "linear")).toEqual(model.linear);
    expect([...int8Tensor(served, "embedding")]).toEqual([0, 127, 0, 127]);
    expect(scoreDataset(createReferenceScorer(served), dataset)[0]).toBeCloseTo(1284, -1);
  });
});

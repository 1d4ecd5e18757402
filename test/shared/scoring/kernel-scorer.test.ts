// The wasm kernel equals the integer reference bit for bit, over random models of every mix of terms.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import { type Bags, sliceBags } from "../../../shared/features/bags.ts";
import module from "../../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { float32Tensor, int8Tensor, servedLayers } from "../../../shared/scoring/served-layers.ts";
import { type ModelChoice, randomBags, randomModel } from "./random-model.ts";

const bits = (logits: Float32Array) => [...new Uint32Array(logits.slice().buffer)];
const noBags: Bags = { fieldCount: 0, count: 0, offsets: new Int32Array(1), rows: new Int32Array(), weights: new Float32Array() };

const oneRow = (row: number): Bags => ({
  fieldCount: 1,
  count: 1,
  offsets: Int32Array.of(0, 1),
  rows: Int32Array.of(row),
  weights: Float32Array.of(1),
});

const base: ModelChoice = {
  context: 3,
  candidate: 2,
  dimension: 8,
  linear: true,
  fm: true,
  cross: 2,
  hidden: [16, 8],
  extreme: false,
  values: true,
};

function expectEqual(seed: number, choice: ModelChoice, count: number): void {
  const model = randomModel(seed, choice);
  const context = randomBags(seed + 1, model, "context", 1);
  const candidates = randomBags(seed + 2, model, "candidate", count);
  const logits = createKernelScorer(module, model).score(context, candidates);
  expect(bits(logits)).toEqual(bits(createReferenceScorer(model).score(context, candidates)));
}

const families: [string, Partial<ModelChoice>][] = [
  ["logistic", { fm: false, cross: 0, hidden: null }],
  ["bias alone", { linear: false, fm: false, cross: 0, hidden: null }],
  ["fm", { cross: 0, hidden: null }],
  ["deepfm", { cross: 0 }],
  ["dcn-v2 parallel", { fm: false }],
  ["cross alone", { fm: false, linear: false, hidden: null }],
  ["mlp", { fm: false, linear: false, cross: 0 }],
  ["mlp of no hidden layer", { fm: false, cross: 0, hidden: [] }],
  ["everything", {}],
];

describe("the kernel equals the reference bit for bit", () => {
  it.each(families)("%s", (_, family) => {
    for (const dimension of [1, 3, 4, 7, 8, 16, 20, 33]) {
      for (const extreme of [false, true]) expectEqual(dimension, { ...base, ...family, dimension, extreme }, 5);
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 31, 32, 33, 64, 100, 500])("%i candidates", (count) => {
    expectEqual(count, { ...base, hidden: [9, 5], dimension: 5 }, count);
  });

  it("one-sided models: only context, only candidate, no field by value", () => {
    expectEqual(1, { ...base, candidate: 0 }, 0);
    expectEqual(2, { ...base, context: 0 }, 7);
    expectEqual(3, { ...base, values: false }, 7);
  });

  it("any mix of terms and sizes", () => {
    const choice = fc.record({
      context: fc.integer({ min: 0, max: 6 }),
      candidate: fc.integer({ min: 1, max: 6 }),
      dimension: fc.integer({ min: 1, max: 35 }),
      linear: fc.boolean(),
      fm: fc.boolean(),
      cross: fc.integer({ min: 0, max: 3 }),
      hidden: fc.option(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 })),
      extreme: fc.boolean(),
      values: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer(), choice, fc.integer({ min: 0, max: 12 }), (seed, mix, count) => expectEqual(seed, mix, count)),
      { numRuns: 120 },
    );
  }, 60_000);

  it("the shape of the benchmarks: 24 x 16 -> 256 -> 128 -> 64 -> 1", () => {
    expectEqual(7, { ...base, context: 14, candidate: 10, dimension: 16, cross: 0, hidden: [256, 128, 64], values: false }, 6);
  });

  const wide = {
    ...base,
    context: 1,
    candidate: 1,
    dimension: 4096,
    values: false,
    cross: 0,
    hidden: [],
    linear: false,
    fm: false,
  };

  it("the widest sum that fits: 8,192 inputs of +-2047 times +-127", () => {
    const model = randomModel(5, wide);
    int8Tensor(model, "mlp.head.weight").fill(127);
    int8Tensor(model, "embedding").fill(127);
    float32Tensor(model, "embedding.scale").fill(1);
    const [context, candidate] = model.featureMap.fields.map(({ firstRow }) => oneRow(firstRow)) as [Bags, Bags];
    const logits = createKernelScorer(module, model).score(context, candidate);
    expect(bits(logits)).toEqual(bits(createReferenceScorer(model).score(context, candidate)));
    const [head] = servedLayers("mlp", model, 8192);
    const scaled = Math.fround(Math.fround(8192 * 2047 * 127) * (head?.factor[0] ?? 0));
    const bias = float32Tensor(model, "bias")[0] ?? 0;
    expect(logits[0]).toBe(Math.fround(bias + Math.fround(scaled + (head?.bias[0] ?? 0))));
  });

  it("integer sums that f32 must round", () => {
    const model = randomModel(6, wide);
    const weights = int8Tensor(model, "mlp.head.weight");
    weights.set(weights.map(Math.abs));
    int8Tensor(model, "embedding").fill(127);
    float32Tensor(model, "embedding.scale").fill(1);
    const [context, candidate] = model.featureMap.fields.map(({ firstRow }) => oneRow(firstRow)) as [Bags, Bags];
    for (let i = 0; i < 50; i++) {
      candidate.weights[0] = i / 5000;
      const logits = createKernelScorer(module, model).score(context, candidate);
      expect(bits(logits)).toEqual(bits(createReferenceScorer(model).score(context, candidate)));
    }
  });

  it("halves, which round to even", () => {
    const f32 = (...data: number[]) => ({ dtype: "F32" as const, shape: [data.length], data: Float32Array.from(data) });
    const int8 = (shape: number[], ...data: number[]) => ({ dtype: "I8" as const, shape, data: Int8Array.from(data) });
    const field = { kind: "vector", from: "candidate", firstRow: 0, rowCount: 2, dimension: 1, input: "value" } as const;
    const model: ServedModel = {
      featureMap: { version: 1, fields: [{ ...field, name: "x", separator: " " }], rowCount: 2 },
      architecture: {
        embeddingDimension: 1,
        linear: false,
        fm: false,
        cross: null,
        mlp: { hidden: [], inputScales: [], headInputScale: 1 },
      },
      tensors: new Map<string, Tensor>([
        ["bias", f32(0)],
        ["embedding", int8([2, 1], 0, 0)],
        ["embedding.scale", f32(0, 0)],
        ["mlp.head.weight", int8([1, 2], 0, 1)],
        ["mlp.head.scale", f32(1)],
        ["mlp.head.bias", f32(0)],
      ]),
    };
    const inputs = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 0.50000006, 2046.5, 2047.5, -3000, 1e30];
    const candidates = {
      fieldCount: 1,
      count: inputs.length,
      offsets: Int32Array.from({ length: inputs.length + 1 }, (_, i) => i),
      rows: new Int32Array(inputs.length).fill(1),
      weights: Float32Array.from(inputs),
    };
    for (const scorer of [createReferenceScorer(model), createKernelScorer(module, model)]) {
      expect([...scorer.score(noBags, candidates)]).toEqual([-2, -2, 0, 0, 2, 2, 0, 1, 2046, 2047, -2047, 2047]);
    }
  });
});

describe("a kernel scorer in use", () => {
  it("gives each candidate what it gives it alone: nothing leaks between candidates, requests or growths", () => {
    const model = randomModel(11, { ...base, hidden: [24, 12] });
    const scorer = createKernelScorer(module, model);
    const context = randomBags(1, model, "context", 1);
    const candidates = randomBags(2, model, "candidate", 3_000);
    const together = bits(scorer.score(context, candidates));
    const alone = together.map((_, i) => bits(scorer.score(context, sliceBags(candidates, i, 1)))[0]);
    expect(alone).toEqual(together);
  });

  it("encodes each request's own context", () => {
    const model = randomModel(12, base);
    const scorer = createKernelScorer(module, model);
    const reference = createReferenceScorer(model);
    const contexts = randomBags(1, model, "context", 6);
    const candidates = randomBags(2, model, "candidate", 6);
    for (let i = 0; i < 6; i++) {
      const pair = [sliceBags(contexts, i, 1), sliceBags(candidates, i, 1)] as const;
      expect(bits(scorer.score(...pair))).toEqual(bits(reference.score(...pair)));
    }
  });

  it("gives NaN where the reference does, and no trap, when sums overflow f32", () => {
    const model = randomModel(13, base);
    float32Tensor(model, "embedding.scale").fill(3e38);
    const context = randomBags(1, model, "context", 1);
    const candidates = randomBags(2, model, "candidate", 5);
    const expected = createReferenceScorer(model).score(context, candidates);
    expect([...createKernelScorer(module, model).score(context, candidates)]).toEqual([...expected]);
    expect([...expected].some((logit) => !Number.isFinite(logit))).toBe(true);
  });

  it.each([
    ["a row of another field", (bags: Bags) => bags.rows.fill(0)],
    ["a negative row", (bags: Bags) => bags.rows.fill(-1)],
    ["a row past the table", (bags: Bags) => bags.rows.fill(2 ** 31 - 1)],
    ["offsets past the entries", (bags: Bags) => bags.offsets.fill(1e9, 1)],
    ["offsets that descend", (bags: Bags) => bags.offsets.fill(1, 0, 1).fill(0, 1, 3)],
  ])("refuses %s", (_, spoil) => {
    const model = randomModel(14, { ...base, values: false });
    const context = randomBags(1, model, "context", 1);
    const candidates = randomBags(2, model, "candidate", 5);
    const scorer = createKernelScorer(module, model);
    const good = bits(scorer.score(context, candidates));
    const spoiled = { ...candidates, rows: candidates.rows.slice(), offsets: candidates.offsets.slice() };
    spoil(spoiled);
    expect(() => scorer.score(context, spoiled)).toThrow(/bag/);
    expect(bits(scorer.score(context, candidates))).toEqual(good);
  });

  it("refuses bags of another model's fields", () => {
    const model = randomModel(15, base);
    expect(() => createKernelScorer(module, model).score(noBags, noBags)).toThrow(/fields/);
  });
});

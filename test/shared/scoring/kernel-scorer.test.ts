// The wasm kernel equals the integer reference bit for bit, over random models of every mix of terms.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import { type Bags, type BagWriter, sliceBags } from "../../../shared/features/bags.ts";
import plain from "../../../shared/scoring/kernel/scorer.wasm";
import relaxed from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
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

const line = { slope: 1.25, intercept: -0.5 };
const curve = { logits: [-1.5, -0.1, 0.3, 2], values: [-4, -0.5, 0.25, 3] };

function expectEqual(seed: number, choice: ModelChoice, count: number): void {
  const model = randomModel(seed, choice);
  const context = randomBags(seed + 1, model, "context", 1);
  const candidates = randomBags(seed + 2, model, "candidate", count);
  for (const calibration of [line, curve]) {
    const expected = createReferenceScorer(model, calibration).score(context, candidates);
    for (const module of [plain, relaxed]) {
      const scores = createKernelScorer(module, model, calibration).score(context, candidates);
      expect(bits(scores.logits)).toEqual(bits(expected.logits));
      expect([...scores.probabilities]).toEqual([...expected.probabilities]);
    }
  }
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
  ["everything, in 7 bits", { bits: 7 }],
  ["everything, in 11 bits", { bits: 11 }],
  ["low-rank cross layers", { rank: 3 }],
  ["embeddings of 4 bits", { embeddingBits: 4 }],
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
      rank: fc.option(fc.integer({ min: 1, max: 20 })),
      embeddingBits: fc.constantFrom<4 | 8>(4, 8),
    });
    fc.assert(
      fc.property(fc.integer(), choice, fc.integer({ min: 0, max: 12 }), (seed, mix, count) => expectEqual(seed, mix, count)),
      { numRuns: 120 },
    );
  }, 60_000);

  it("the shape of the benchmarks: 24 x 16 -> 256 -> 128 -> 64 -> 1", () => {
    expectEqual(7, { ...base, context: 14, candidate: 10, dimension: 16, cross: 0, hidden: [256, 128, 64], values: false }, 6);
  });

  const wide = { ...base, context: 1, candidate: 1, dimension: 4096, values: false, cross: 0, linear: false, fm: false };

  /** All weights and activations at their ends: the widest sums that fit. */
  function expectEqualAtTheEnds(seed: number, hidden: readonly number[], sign: (i: number) => number): void {
    const model = randomModel(seed, { ...wide, hidden, bits: hidden.length > 0 ? 7 : 11 });
    const weights = int8Tensor(model, hidden.length > 0 ? "mlp.0.weight" : "mlp.head.weight");
    weights.set(weights.map((_, i) => sign(i) * (sign(i) < 0 ? 128 : 127)));
    int8Tensor(model, "embedding").fill(127);
    float32Tensor(model, "embedding.scale").fill(1);
    const [context, candidate] = model.featureMap.fields.map(({ firstRow }) => oneRow(firstRow)) as [Bags, Bags];
    const expected = createReferenceScorer(model).score(context, candidate).logits;
    for (const module of [plain, relaxed])
      expect(bits(createKernelScorer(module, model).score(context, candidate).logits)).toEqual(bits(expected));
  }

  it("the widest sums that fit: 8,192 inputs of +-2047 times 127 or -128, and of 7 bits in i16 ranges of one step", () => {
    for (const hidden of [[], [16], [17, 3]]) {
      expectEqualAtTheEnds(5, hidden, () => 1);
      expectEqualAtTheEnds(6, hidden, () => -1);
      expectEqualAtTheEnds(7, hidden, (i) => (i % 2 === 0 ? 1 : -1));
    }
  });

  it("8,192 inputs at 2047 times 127 are what they should be", () => {
    const model = randomModel(5, { ...wide, hidden: [] });
    int8Tensor(model, "mlp.head.weight").fill(127);
    int8Tensor(model, "embedding").fill(127);
    float32Tensor(model, "embedding.scale").fill(1);
    const [context, candidate] = model.featureMap.fields.map(({ firstRow }) => oneRow(firstRow)) as [Bags, Bags];
    const [head] = servedLayers("mlp", model, 8192);
    const scaled = Math.fround(Math.fround(8192 * 2047 * 127) * (head?.factor[0] ?? 0));
    const bias = float32Tensor(model, "bias")[0] ?? 0;
    const logits = createKernelScorer(plain, model).score(context, candidate).logits;
    expect(logits[0]).toBe(Math.fround(bias + Math.fround(scaled + (head?.bias[0] ?? 0))));
  });

  it("integer sums that f32 must round", () => {
    const model = randomModel(6, { ...wide, hidden: [] });
    const weights = int8Tensor(model, "mlp.head.weight");
    weights.set(weights.map(Math.abs));
    int8Tensor(model, "embedding").fill(127);
    float32Tensor(model, "embedding.scale").fill(1);
    const [context, candidate] = model.featureMap.fields.map(({ firstRow }) => oneRow(firstRow)) as [Bags, Bags];
    for (let i = 0; i < 50; i++) {
      candidate.weights[0] = i / 5000;
      const logits = createKernelScorer(plain, model).score(context, candidate).logits;
      expect(bits(logits)).toEqual(bits(createReferenceScorer(model).score(context, candidate).logits));
    }
  });

  it.each([
    [11, [-2, -2, 0, 0, 2, 2, 0, 1, 2046, 2047, -2047, 2047]],
    [7, [-2, -2, 0, 0, 2, 2, 0, 1, 63, 63, -64, 63]],
  ] as const)("halves, which round to even: %i bits", (activationBits, expected) => {
    const model = oneInput(activationBits);
    const inputs = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 0.50000006, 2046.5, 2047.5, -3000, 1e30];
    const candidates = {
      fieldCount: 1,
      count: inputs.length,
      offsets: Int32Array.from({ length: inputs.length + 1 }, (_, i) => i),
      rows: new Int32Array(inputs.length).fill(1),
      weights: Float32Array.from(inputs),
    };
    for (const scorer of [createReferenceScorer(model), createKernelScorer(plain, model), createKernelScorer(relaxed, model)]) {
      expect([...scorer.score(noBags, candidates).logits]).toEqual([...expected]);
    }
  });
});

/** A model whose logit is the integer activation of its one input. */
function oneInput(bits: 7 | 11): ServedModel {
  const f32 = (...data: number[]) => ({ dtype: "F32" as const, shape: [data.length], data: Float32Array.from(data) });
  const int8 = (shape: number[], ...data: number[]) => ({ dtype: "I8" as const, shape, data: Int8Array.from(data) });
  const field = { kind: "vector", from: "candidate", firstRow: 0, rowCount: 2, dimension: 1, input: "value" } as const;
  // Two hidden units, +a and -a, so that ReLU keeps either sign; the head takes their difference.
  return {
    featureMap: { version: 1, fields: [{ ...field, name: "x", separator: " " }], rowCount: 2 },
    architecture: {
      embeddingDimension: 1,
      embeddingBits: 8,
      linear: false,
      fm: false,
      cross: null,
      mlp: { hidden: [2], inputs: [{ scale: 1, bits }], headInputScale: 1 },
      retrieval: null,
      posterior: null,
    },
    tensors: new Map<string, Tensor>([
      ["bias", f32(0)],
      ["embedding", int8([2, 1], 0, 0)],
      ["embedding.scale", f32(0, 0)],
      ["mlp.0.weight", int8([2, 2], 0, 1, 0, -1)],
      ["mlp.0.scale", f32(1, 1)],
      ["mlp.0.bias", f32(0, 0)],
      ["mlp.head.weight", int8([1, 2], 1, -1)],
      ["mlp.head.scale", f32(1)],
      ["mlp.head.bias", f32(0)],
    ]),
  };
}

describe("a kernel scorer in use", () => {
  it("gives each candidate what it gives it alone: nothing leaks between candidates, requests or growths", () => {
    const model = randomModel(11, { ...base, hidden: [24, 12] });
    const scorer = createKernelScorer(relaxed, model);
    const context = randomBags(1, model, "context", 1);
    const candidates = randomBags(2, model, "candidate", 3_000);
    const together = bits(scorer.score(context, candidates).logits);
    const alone = together.map((_, i) => bits(scorer.score(context, sliceBags(candidates, i, 1)).logits)[0]);
    expect(alone).toEqual(together);
  });

  it("encodes each request's own context", () => {
    const model = randomModel(12, base);
    const scorer = createKernelScorer(relaxed, model);
    const reference = createReferenceScorer(model);
    const contexts = randomBags(1, model, "context", 6);
    const candidates = randomBags(2, model, "candidate", 6);
    for (let i = 0; i < 6; i++) {
      const pair = [sliceBags(contexts, i, 1), sliceBags(candidates, i, 1)] as const;
      expect(bits(scorer.score(...pair).logits)).toEqual(bits(reference.score(...pair).logits));
    }
  });

  it("gives NaN where the reference does, and no trap, when sums overflow f32", () => {
    const model = randomModel(13, base);
    float32Tensor(model, "embedding.scale").fill(3e38);
    const context = randomBags(1, model, "context", 1);
    const candidates = randomBags(2, model, "candidate", 5);
    const expected = createReferenceScorer(model).score(context, candidates).logits;
    expect([...createKernelScorer(relaxed, model).score(context, candidates).logits]).toEqual([...expected]);
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
    const scorer = createKernelScorer(relaxed, model);
    const good = bits(scorer.score(context, candidates).logits);
    const spoiled = { ...candidates, rows: candidates.rows.slice(), offsets: candidates.offsets.slice() };
    spoil(spoiled);
    expect(() => scorer.score(context, spoiled)).toThrow(/bag/);
    expect(bits(scorer.score(context, candidates).logits)).toEqual(good);
  });

  it("refuses bags of another model's fields", () => {
    const model = randomModel(15, base);
    expect(() => createKernelScorer(relaxed, model).score(noBags, noBags)).toThrow(/fields/);
  });
});

describe("candidates that are kept", () => {
  const families: [string, ModelChoice][] = [
    ["everything", base],
    ["low rank, 7 bits", { ...base, rank: 2, bits: 7 }],
    ["logistic", { ...base, fm: false, cross: 0, hidden: null }],
    ["mlp of no hidden layer", { ...base, fm: false, cross: 0, hidden: [] }],
  ];

  it.each(families)("give the same scores as candidates encoded anew: %s", (_, choice) => {
    const model = randomModel(21, choice);
    const all = randomBags(2, model, "candidate", 90);
    const keys = Array.from({ length: 90 }, (_, index) => ({ index }));
    const scorer = createKernelScorer(relaxed, model, line);
    const fresh = createKernelScorer(relaxed, model, line);
    for (const [seed, picks] of [keys, keys.slice(20, 70), [...keys.slice(60), ...keys.slice(0, 5)]].entries()) {
      const context = randomBags(seed, model, "context", 1);
      const kept = scorer.scoreCached(context, picks, ({ index }, into) => copyExample(all, index, into));
      const expected = picks.map(({ index }) => fresh.score(context, sliceBags(all, index, 1)).probabilities[0]);
      expect([...kept.probabilities]).toEqual(expected);
    }
  });

  it("are encoded once each, the same one twice in a request included", () => {
    const model = randomModel(22, base);
    const all = randomBags(2, model, "candidate", 4);
    const keys = Array.from({ length: 4 }, (_, index) => ({ index }));
    const scorer = createKernelScorer(relaxed, model);
    const encoded: number[] = [];
    const encode = ({ index }: { index: number }, into: BagWriter) => {
      encoded.push(index);
      copyExample(all, index, into);
    };
    const context = randomBags(1, model, "context", 1);
    const first = bits(scorer.scoreCached(context, [...keys, keys[3] as { index: number }], encode).logits);
    expect(first[4]).toBe(first[3]);
    expect(encoded).toEqual([0, 1, 2, 3, 3]);
    scorer.scoreCached(context, keys, encode);
    expect(encoded).toEqual([0, 1, 2, 3, 3]);
  });

  it("that are refused are not kept", () => {
    const model = randomModel(23, { ...base, values: false });
    const all = randomBags(2, model, "candidate", 1);
    const scorer = createKernelScorer(relaxed, model);
    const context = randomBags(1, model, "context", 1);
    const key = {};
    const wrong = (_: object, into: BagWriter) => {
      for (let f = 0; f < all.fieldCount; f++) {
        into.add(-1, 1);
        into.close();
      }
    };
    expect(() => scorer.scoreCached(context, [key], wrong)).toThrow(/bag/);
    const expected = bits(scorer.score(context, all).logits);
    expect(bits(scorer.scoreCached(context, [key], (_, into) => copyExample(all, 0, into)).logits)).toEqual(expected);
  });
});

function copyExample({ fieldCount, offsets, rows, weights }: Bags, example: number, into: BagWriter): void {
  for (let bag = example * fieldCount; bag < (example + 1) * fieldCount; bag++) {
    for (let k = offsets[bag] as number; k < (offsets[bag + 1] as number); k++) into.add(rows[k] as number, weights[k] as number);
    into.close();
  }
}

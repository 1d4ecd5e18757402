// The wasm retriever equals the obvious one bit for bit: every item scored, all of them sorted.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sliceBags } from "../../../shared/features/bags.ts";
import plain from "../../../shared/scoring/kernel/scorer.wasm";
import relaxed from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { createKernelRetriever } from "../../../shared/scoring/kernel-retriever.ts";
import { createReferenceRetriever } from "../../../shared/scoring/retrieval-reference.ts";
import type { Best } from "../../../shared/scoring/retriever.ts";
import { float32Tensor, int8Tensor } from "../../../shared/scoring/served-layers.ts";
import { randomBags, randomModel, seededRandom } from "./random-model.ts";
import { type RetrievalChoice, randomRetrieval } from "./random-retrieval.ts";

const modules = [plain, relaxed];
const base: RetrievalChoice = { items: 100, width: 8, tower: [16], extreme: false };

/** Indices, and the scores' very bits. */
const bits = ({ indices, scores }: Best) => ({ indices: [...indices], scores: [...new Int32Array(scores.slice().buffer)] });

function expectEqual(seed: number, choice: RetrievalChoice, wanted: readonly number[]): void {
  const model = randomRetrieval(seed, choice);
  const context = randomBags(seed, model, "context", 1);
  const reference = createReferenceRetriever(model);
  const retrievers = modules.map((module) => createKernelRetriever(module, model));
  for (const count of wanted) {
    const expected = bits(reference.retrieve(context, count));
    expect(expected.indices).toHaveLength(Math.min(count, choice.items));
    for (const retriever of retrievers) expect(bits(retriever.retrieve(context, count))).toEqual(expected);
  }
}

describe("the retriever equals the reference bit for bit", () => {
  it.each([1, 2, 15, 16, 17, 33, 1000])("%i items: none, one, some, all and more wanted", (items) => {
    expectEqual(items, { ...base, items }, [0, 1, 2, 7, items - 1, items, items + 1, 5000, 3]);
  });

  it.each([1, 2, 3, 4, 5, 8, 15, 16, 17, 32, 33, 64])("vectors of %i", (width) => {
    for (const extreme of [false, true]) expectEqual(width, { ...base, width, extreme }, [20]);
  });

  it.each([[[]], [[1]], [[40, 3]], [[16, 16, 16]]])("a tower of hidden layers %j", (tower) => {
    for (const bits of [7, 11] as const) expectEqual(tower.length, { ...base, tower, bits }, [20]);
  });

  it("equal items, of which the first ones are given", () => {
    for (const distinct of [1, 2, 5]) expectEqual(distinct, { ...base, items: 500, distinct }, [1, 7, 100, 499]);
    const model = randomRetrieval(1, { ...base, items: 40, distinct: 1 });
    const best = createKernelRetriever(relaxed, model).retrieve(randomBags(1, model, "context", 1), 5);
    expect([...best.indices]).toEqual([0, 1, 2, 3, 4]);
  });

  it("scores that rise, fall and stay with the index, so that keys are cut back always, once and never", () => {
    const model = randomRetrieval(3, { ...base, items: 3000 });
    const biases = float32Tensor(model, "items.bias");
    for (const slope of [1, -1, 0]) {
      biases.set(biases.map((_, i) => i * slope));
      const context = randomBags(3, model, "context", 1);
      const expected = bits(createReferenceRetriever(model).retrieve(context, 30));
      for (const module of modules) expect(bits(createKernelRetriever(module, model).retrieve(context, 30))).toEqual(expected);
    }
  });

  it("the widest sums: 8,192 inputs of 7 bits times -128 and 127", () => {
    const model = randomRetrieval(4, { ...base, items: 20, width: 8192, tower: [] });
    float32Tensor(model, "tower.0.scale").fill(0);
    const [vectors, biases] = [int8Tensor(model, "items.vector"), float32Tensor(model, "tower.0.bias")];
    for (const sign of [() => 1, () => -1, (i: number) => (i % 2 === 0 ? 1 : -1)]) {
      biases.set(biases.map((_, i) => 1e6 * sign(i)));
      vectors.set(vectors.map((_, i) => (sign(i) > 0 ? 127 : -128)));
      const context = randomBags(4, model, "context", 1);
      const expected = bits(createReferenceRetriever(model).retrieve(context, 20));
      for (const module of modules) expect(bits(createKernelRetriever(module, model).retrieve(context, 20))).toEqual(expected);
    }
  });

  it("scores beyond f32, and -0", () => {
    const model = randomRetrieval(5, { ...base, items: 64 });
    float32Tensor(model, "items.scale").fill(3e38, 0, 32).fill(0, 32);
    float32Tensor(model, "items.bias").fill(-0, 32);
    const context = randomBags(5, model, "context", 1);
    const expected = bits(createReferenceRetriever(model).retrieve(context, 64));
    expect(expected.scores).toEqual(expect.arrayContaining([0x7f800000, 0, 0xff800000 | 0]));
    for (const module of modules) expect(bits(createKernelRetriever(module, model).retrieve(context, 64))).toEqual(expected);
  });

  it("any mix of sizes", () => {
    const choice = fc.record({
      items: fc.integer({ min: 1, max: 300 }),
      width: fc.integer({ min: 1, max: 40 }),
      tower: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
      distinct: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      extreme: fc.boolean(),
    });
    const wanted = fc.array(fc.integer({ min: 0, max: 320 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.integer(), choice, wanted, (seed, mix, counts) =>
        expectEqual(seed, { ...mix, distinct: mix.distinct && Math.min(mix.distinct, mix.items) }, counts),
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});

describe("a retriever in use", () => {
  it("gives each context what it gives it alone, and a model of more terms what its tower alone gives", () => {
    const model = randomRetrieval(6, { ...base, model: { linear: true, cross: 1, hidden: [8], candidate: 2 } });
    const contexts = randomBags(6, model, "context", 20);
    const [kept, reference] = [createKernelRetriever(relaxed, model), createReferenceRetriever(model)];
    for (let i = 0; i < 20; i++) {
      const context = sliceBags(contexts, i, 1);
      expect(bits(kept.retrieve(context, 1 + 3 * i))).toEqual(bits(reference.retrieve(context, 1 + 3 * i)));
    }
  });

  it("knows each item's id, and that there are no others", () => {
    const retriever = createKernelRetriever(relaxed, randomRetrieval(7, base));
    expect([0, 1, 99].map((item) => retriever.idOf(item))).toEqual(["item-0-é", "item-1-é", "item-99-é"]);
    expect(() => retriever.idOf(100)).toThrow(RangeError);
    expect(() => retriever.idOf(-1)).toThrow(RangeError);
  });

  it("keeps nothing of the model that it was made of", () => {
    const model = randomRetrieval(8, base);
    const retriever = createKernelRetriever(relaxed, model);
    const context = randomBags(8, model, "context", 1);
    const before = bits(retriever.retrieve(context, 10));
    for (const { data } of model.tensors.values()) data.fill(0);
    expect(bits(retriever.retrieve(context, 10))).toEqual(before);
    expect(retriever.idOf(3)).toBe("item-3-é");
  });

  it("refuses a model without retrieval, bags of other fields, rows of other fields, and half an item", () => {
    const withNone = randomModel(9, {
      ...base.model,
      context: 1,
      candidate: 1,
      dimension: 2,
      linear: true,
      fm: true,
      cross: 0,
      hidden: null,
      extreme: false,
      values: false,
    });
    for (const create of [createReferenceRetriever, (model: typeof withNone) => createKernelRetriever(plain, model)])
      expect(() => create(withNone)).toThrow("without retrieval");
    const model = randomRetrieval(9, { ...base, model: { values: false } });
    const retriever = createKernelRetriever(plain, model);
    const context = randomBags(9, model, "context", 1);
    expect(() => retriever.retrieve({ ...context, fieldCount: 2 }, 1)).toThrow("fields");
    const foreign = { ...context, rows: context.rows.map(() => -1) };
    expect(() => retriever.retrieve(foreign, 1)).toThrow(/bag/);
    for (const wanted of [0.5, -1, Number.NaN]) expect(() => retriever.retrieve(context, wanted)).toThrow(RangeError);
  });
});

describe("selectBest", () => {
  const model = randomRetrieval(10, base);
  const retrievers = modules.map((module) => createKernelRetriever(module, model));
  const reference = createReferenceRetriever(model);
  const expectSame = (scores: Float32Array, wanted: number) => {
    const expected = bits(reference.selectBest(scores, wanted));
    for (const retriever of retrievers) expect(bits(retriever.selectBest(scores, wanted))).toEqual(expected);
  };

  it("orders numbers, infinities, zeros of both signs and NaN", () => {
    const scores = Float32Array.of(-0, Number.NaN, 0, Infinity, -1, -Infinity, 1e-45, Number.NaN, -1e-45, Infinity, 0);
    expect([...reference.selectBest(scores, 11).indices]).toEqual([3, 9, 6, 0, 2, 10, 8, 4, 5, 1, 7]);
    for (let wanted = 0; wanted <= 12; wanted++) expectSame(scores, wanted);
  });

  it("finds the best of any scores, few of which differ or all", () => {
    const any = fc.float32Array({ maxLength: 600 });
    const few = fc
      .array(fc.constantFrom(-1, 0, -0, 2, Number.NaN, Infinity), { maxLength: 600 })
      .map((all) => Float32Array.from(all));
    fc.assert(
      fc.property(fc.oneof(any, few), fc.integer({ min: 0, max: 700 }), (scores, wanted) => expectSame(scores, wanted)),
      { numRuns: 300 },
    );
  });

  it("of 50,000 scores, drawn, sorted either way and shaped like a roof", () => {
    const random = seededRandom(1);
    const drawn = Float32Array.from({ length: 50_000 }, () => random());
    const roof = drawn.map((_, i) => Math.min(i, 50_000 - i));
    for (const scores of [drawn, drawn.toSorted(), drawn.toSorted().reverse(), roof])
      for (const wanted of [1, 200, 5_000]) expectSame(scores, wanted);
  });
});

// Draws of the posterior: the kernel equals the reference bit for bit, and what is asked without them is as if there were none.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sliceBags } from "../../../shared/features/bags.ts";
import { calibrate } from "../../../shared/scoring/calibration.ts";
import plain from "../../../shared/scoring/kernel/scorer.wasm";
import relaxed from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import type { DrawnScores } from "../../../shared/scoring/scorer.ts";
import { float32Tensor } from "../../../shared/scoring/served-layers.ts";
import { validateServedModel } from "../../../shared/scoring/validate-served-model.ts";
import vectors from "../../vectors/draws.json" with { type: "json" };
import { problemOf } from "./problem-of.ts";
import { type ModelChoice, randomBags, randomModel } from "./random-model.ts";
import { withPosterior } from "./random-posterior.ts";

const bitsOf = (logits: Float32Array) => [...new Uint32Array(logits.slice().buffer)];
const copy = ({ logits, probabilities, drawLogits, drawProbabilities }: DrawnScores) => ({
  logits: bitsOf(logits),
  probabilities: [...probabilities],
  drawLogits: bitsOf(drawLogits),
  drawProbabilities: [...drawProbabilities],
});

const base: ModelChoice = {
  context: 3,
  candidate: 4,
  dimension: 8,
  linear: true,
  fm: true,
  cross: 2,
  hidden: [16, 8],
  extreme: false,
  values: true,
};
const calibration = { logits: [-1.5, -0.1, 0.3, 2], values: [-4, -0.5, 0.25, 3] };

function expectEqual(seed: number, choice: ModelChoice, count: number, draws: number, withRows = true): void {
  const model = withPosterior(randomModel(seed, choice), seed + 3, draws, withRows);
  const context = randomBags(seed + 1, model, "context", 1);
  const candidates = randomBags(seed + 2, model, "candidate", count);
  const keys = Array.from({ length: count }, (_, index) => ({ index }));
  const reference = createReferenceScorer(model, calibration);
  const expected = copy(reference.scoreDraws(context, candidates));
  expect(bitsOf(reference.score(context, candidates).logits)).toEqual(expected.logits);
  for (const module of [plain, relaxed]) {
    const scorer = createKernelScorer(module, model, calibration);
    expect(scorer.drawCount).toBe(draws);
    expect(copy(scorer.scoreDraws(context, candidates))).toEqual(expected);
    expect(bitsOf(scorer.score(context, candidates).logits)).toEqual(expected.logits);
    if (count === 0 || choice.candidate === 0) continue;
    const encode: Parameters<typeof scorer.scoreDrawsCached<{ index: number }>>[2] = ({ index }, into) => {
      const { offsets, rows, weights, fieldCount } = sliceBags(candidates, index, 1);
      for (let f = 0; f < fieldCount; f++) {
        for (let k = offsets[f]!; k < offsets[f + 1]!; k++) into.add(rows[k]!, weights[k]!);
        into.close();
      }
    };
    expect(bitsOf(scorer.scoreCached(context, keys, encode).logits)).toEqual(expected.logits);
    expect(copy(scorer.scoreDrawsCached(context, keys, encode))).toEqual(expected);
  }
}

describe("draws by the kernel equal those by the reference bit for bit", () => {
  it.each([
    ["logistic", { fm: false, cross: 0, hidden: null }],
    ["fm", { cross: 0, hidden: null }],
    ["deepfm", { cross: 0 }],
    ["dcn-v2", { fm: false }],
    ["cross alone", { fm: false, linear: false, hidden: null }],
    ["mlp of no hidden layer, which has no draws of its own", { fm: false, cross: 0, hidden: [] }],
    ["everything, in 7 bits", { bits: 7 as const }],
    ["low-rank cross layers", { rank: 3 }],
    ["only a context", { candidate: 0 }],
  ])("%s", (_, family) => {
    for (const draws of [1, 5, 16, 64, 100]) expectEqual(draws, { ...base, ...family }, 5, draws);
    expectEqual(7, { ...base, ...family }, 5, 8, false);
  });

  it.each([0, 1, 31, 32, 33, 100])("%i candidates", (count) => {
    expectEqual(count, { ...base, hidden: [9, 5], dimension: 5 }, count, 24);
  });

  it("any mix of terms and sizes", () => {
    const choice = fc.record({
      context: fc.integer({ min: 0, max: 4 }),
      candidate: fc.integer({ min: 1, max: 6 }),
      dimension: fc.integer({ min: 1, max: 20 }),
      linear: fc.boolean(),
      fm: fc.boolean(),
      cross: fc.integer({ min: 0, max: 2 }),
      hidden: fc.option(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 })),
      extreme: fc.boolean(),
      values: fc.boolean(),
      rank: fc.option(fc.integer({ min: 1, max: 20 })),
    });
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(fc.integer(), choice, fc.integer({ min: 0, max: 9 }), size, (seed, mix, count, draws) =>
        expectEqual(seed, mix, count, draws),
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it.each(vectors)("golden: $name", ({ input: { seed, choice, draws }, expected }) => {
    const model = withPosterior(randomModel(seed, choice as ModelChoice), seed + 3, draws);
    const [context, candidates] = [randomBags(seed + 1, model, "context", 1), randomBags(seed + 2, model, "candidate", 3)];
    const scorers = [createReferenceScorer(model), createKernelScorer(plain, model), createKernelScorer(relaxed, model)];
    for (const scorer of scorers) {
      const { drawLogits } = scorer.scoreDraws(context, candidates);
      expect(bitsOf(drawLogits).map((bits) => bits.toString(16).padStart(8, "0"))).toEqual(expected);
    }
  });
});

describe("a posterior", () => {
  const model = withPosterior(randomModel(3, base), 4, 6);
  const field = model.architecture.posterior?.fields[0] ?? expect.fail("drawn with a field");

  it("changes no logit, and of a deviation of 0 no draw's either", () => {
    const none = { ...model, tensors: new Map(model.tensors) };
    for (const [name, { dtype, shape, data }] of model.tensors)
      if (name.startsWith("posterior.")) none.tensors.set(name, { dtype, shape, data: data.map(() => 0) as typeof data }); // of its own type
    const [context, candidates] = [randomBags(1, model, "context", 1), randomBags(2, model, "candidate", 3)];
    const { logits, drawLogits, drawProbabilities } = createKernelScorer(plain, none, calibration).scoreDraws(
      context,
      candidates,
    );
    expect([...drawLogits]).toEqual([...logits].flatMap((logit) => new Array(6).fill(logit)));
    expect(bitsOf(logits)).toEqual(bitsOf(createReferenceScorer(randomModel(3, base)).score(context, candidates).logits));
    expect(drawProbabilities[0]).toBe(calibrate(logits[0]!, calibration));
  });

  it("is not drawn from where there is none", () => {
    const without = randomModel(3, base);
    const [context, candidates] = [randomBags(1, without, "context", 1), randomBags(2, without, "candidate", 3)];
    for (const scorer of [createReferenceScorer(without), createKernelScorer(plain, without)]) {
      expect(scorer.drawCount).toBe(0);
      expect(() => scorer.scoreDraws(context, candidates)).toThrow("no posterior");
    }
  });

  const replaced = (name: string, tensor: { dtype: "F32" | "I8"; shape: number[]; data: Float32Array | Int8Array } | null) => {
    const tensors = new Map(model.tensors);
    if (tensor === null) tensors.delete(name);
    else tensors.set(name, tensor);
    return { ...model, tensors };
  };
  const asking = (posterior: { draws: number; fields: string[] } | null) => ({
    ...model,
    architecture: { ...model.architecture, posterior },
  });
  const bias = float32Tensor(model, "posterior.bias");

  it.each([
    ["a missing layer", replaced("posterior.mlp.weight", null), "posterior.mlp.weight"],
    ["a missing row table", replaced(`posterior.rows.${field}.weight`, null), `posterior.rows.${field}.weight`],
    ["a bias too few", replaced("posterior.bias", { dtype: "F32", shape: [5], data: bias.slice(1) }), "posterior.bias"],
    ["a NaN", replaced("posterior.bias", { dtype: "F32", shape: [6], data: bias.map(() => Number.NaN) }), "posterior.bias"],
    ["tensors of none", asking(null), "posterior."],
    ["other draws than its tensors", asking({ draws: 7, fields: [field] }), "posterior."],
    ["a field of the context", asking({ draws: 6, fields: ["field0"] }), "architecture.posterior.fields"],
    ["an unknown field", asking({ draws: 6, fields: ["nobody"] }), "architecture.posterior.fields"],
    ["a field twice", asking({ draws: 6, fields: [field, field] }), "architecture.posterior.fields"],
  ])("is refused with %s", (_, broken, path) => {
    expect(problemOf(broken)).toMatchObject({ code: "model_invalid", path: expect.stringContaining(path) });
    expect(() => validateServedModel(model)).not.toThrow();
  });
});

// Golden logits: the reference and the kernel give the same bits in every runtime.
import { describe, expect, it } from "vitest";
import plain from "../../../shared/scoring/kernel/scorer.wasm";
import relaxed from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import vectors from "../../vectors/scoring.json" with { type: "json" };
import { type ModelChoice, randomBags, randomModel } from "./random-model.ts";

const hex = (logits: Float32Array) =>
  [...new Uint32Array(logits.slice().buffer)].map((bits) => bits.toString(16).padStart(8, "0"));

describe("golden logits", () => {
  it.each(vectors)("$name", ({ input: { seed, choice }, expected }) => {
    const model = randomModel(seed, choice as ModelChoice);
    const context = randomBags(seed + 100, model, "context", 1);
    const candidates = randomBags(seed + 200, model, "candidate", 4);
    expect(hex(createReferenceScorer(model).score(context, candidates).logits)).toEqual(expected);
    for (const module of [plain, relaxed])
      expect(hex(createKernelScorer(module, model).score(context, candidates).logits)).toEqual(expected);
  });
});

describe("a row of another field", () => {
  it("is refused", () => {
    const { seed, choice } = vectors[0]?.input ?? { seed: 0, choice: expect.fail("no vectors") };
    const model = randomModel(seed, choice as ModelChoice);
    const context = randomBags(1, model, "context", 1);
    const candidates = { ...randomBags(2, model, "candidate", 4) };
    candidates.rows.fill(0);
    expect(() => createReferenceScorer(model).score(context, candidates)).toThrow("row 0 is not of field");
  });
});

// Metrics against scikit-learn's, and the invariants that any ranking metric keeps.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../../training/evaluate/metrics.ts";
import vectors from "../../vectors/metrics.json" with { type: "json" };

const example = fc.record({ p: fc.integer({ min: 0, max: 20 }).map((k) => k / 20), label: fc.integer({ min: 0, max: 1 }) });
const examples = fc.array(example, { minLength: 1, maxLength: 60 });
type Example = { readonly p: number; readonly label: number };
const run = (list: readonly Example[]) =>
  evaluate(
    Float64Array.from(list, ({ p }) => p),
    Uint8Array.from(list, ({ label }) => label),
  );

describe("evaluate", () => {
  it.each(vectors.cases)("equals scikit-learn: $name", ({ probabilities, labels, expected }) => {
    const actual = evaluate(Float64Array.from(probabilities), Uint8Array.from(labels));
    expect(actual.examples).toBe(expected.examples);
    for (const name of ["auc", "prAuc", "logloss", "ece"] as const) {
      if (expected[name] === null) expect(actual[name], name).toBeNull();
      else expect(actual[name], name).toBeCloseTo(expected[name], 12);
    }
  });

  it("counts pairs: AUC is the share of positive-negative pairs in order, ties one half", () => {
    fc.assert(
      fc.property(examples, (list) => {
        const positives = list.filter(({ label }) => label === 1);
        const negatives = list.filter(({ label }) => label === 0);
        const won = positives.flatMap(({ p }) => negatives.map((other) => (p > other.p ? 1 : p === other.p ? 0.5 : 0)));
        const { auc } = run(list);
        if (won.length === 0) expect(auc).toBeNull();
        else expect(auc).toBeCloseTo(won.reduce<number>((sum, w) => sum + w, 0) / won.length, 12);
      }),
    );
  });

  it("does not depend on the order of the examples", () => {
    fc.assert(
      fc.property(examples, (list) => {
        const [forward, backward] = [run(list), run([...list].reverse())];
        expect(backward).toEqual(forward);
      }),
    );
  });

  it("finds a constant prediction of the base rate perfectly calibrated", () => {
    expect(run([1, 0, 0, 0].map((label) => ({ p: 0.25, label }))).ece).toBe(0);
  });

  it("refuses what it cannot measure", () => {
    expect(() => run([])).toThrow("nothing to evaluate");
    expect(() => run([{ p: Number.NaN, label: 1 }])).toThrow("NaN");
    expect(() => evaluate(new Float64Array(2), new Uint8Array(3))).toThrow("2 scores for 3 labels");
  });

  it("evaluates 200,000 examples in seconds", () => {
    const probabilities = Float64Array.from({ length: 200_000 }, (_, i) => ((i * 7919) % 1_000_003) / 1_000_003);
    const labels = Uint8Array.from(probabilities, (p, i) => (p > (i % 97) / 97 ? 1 : 0));
    const started = performance.now();
    expect(evaluate(probabilities, labels).auc).toBeGreaterThan(0.8);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

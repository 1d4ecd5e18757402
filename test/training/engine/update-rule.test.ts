import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWeights, UPDATE_RULES } from "../../../training/engine/update-rule.ts";

const names = ["adam", "sgd", "adagrad"] as const;

/** One weight, followed by hand from the papers; `null` is a step that does not touch it. */
function follow(
  name: (typeof names)[number],
  start: number,
  gradients: readonly (number | null)[],
  learningRate: number,
  l2: number,
): number {
  let w = start;
  let [m, v, t] = [0, 0, 0];
  for (const g of gradients) {
    if (g !== null) {
      t++;
      m = name === "adam" ? 0.9 * m + 0.1 * g : g;
      v = name === "adam" ? 0.999 * v + 0.001 * g * g : v + g * g;
    }
    if (t === 0) continue; // never touched: no metric yet
    const h = { adam: Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8, sgd: 1, adagrad: Math.sqrt(v) + 1e-10 }[name];
    const direction = name === "adam" ? m / (1 - 0.9 ** t) : m;
    w = (w - (g === null ? 0 : (learningRate * direction) / h)) / (1 + (learningRate * l2) / h);
  }
  return w;
}

const gradient = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  fc.integer({ min: -100, max: 100 }).map((g) => (g || 1) / 100),
);

describe.each(names)("%s", (name) => {
  const rule = UPDATE_RULES[name];

  it("lazily updated equals densely updated, to f32's rounding", () => {
    const property = fc.property(fc.array(gradient, { maxLength: 60 }), fc.constantFrom(0, 1e-4, 0.01, 1), (gradients, l2) => {
      const weights = createWeights(Float32Array.of(9, 0.3), rule); // the second is followed, the first must stay
      let missed = 0;
      let updates = 0;
      const catchUp = () => updates > 0 && rule.decay(weights, 1, 1, missed, { learningRate: 0.05, l2, updates });
      for (const g of gradients) {
        if (g === null) missed++;
        else {
          catchUp();
          missed = 0;
          rule.update(weights, 1, Float32Array.of(0, g), 1, 1, { learningRate: 0.05, l2, updates: ++updates });
        }
      }
      catchUp();
      const wanted = follow(name, Math.fround(0.3), gradients, 0.05, l2);
      expect(Math.abs(weights.values[1]! - wanted)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted)));
      expect(weights.values[0]).toBe(9);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("decay of a + b steps is decay of a, then of b", () => {
    const run = (...parts: number[]) => {
      const weights = createWeights(Float32Array.of(0.5), rule);
      rule.update(weights, 0, Float32Array.of(0.1), 0, 1, { learningRate: 0.1, l2: 0.01, updates: 1 });
      for (const steps of parts) rule.decay(weights, 0, 1, steps, { learningRate: 0.1, l2: 0.01, updates: 1 });
      return weights.values[0]!;
    };
    expect(run(7, 13)).toBeCloseTo(run(20), 6);
    expect(Math.abs(run(20))).toBeLessThan(Math.abs(run()));
  });
});

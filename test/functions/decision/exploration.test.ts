// Policies as distributions, and draws that follow them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distribute, draw } from "../../../functions/decision/exploration.ts";
import { seedAt, uniformFrom } from "../../../functions/decision/seeds.ts";
import type { Policy } from "../../../shared/catalog/policy.ts";
import vectors from "../../vectors/decision-seeds.json" with { type: "json" };

const policy = fc.oneof(
  fc.constant<Policy>({ name: "greedy" }),
  fc.constant<Policy>({ name: "random" }),
  fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }).map((epsilon): Policy => ({ name: "epsilon-greedy", epsilon })),
);
const count = fc.integer({ min: 1, max: 500 });
const uniform = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => bits / 2 ** 32);

describe("a policy's distribution", () => {
  it("sums to 1 and prefers the best", () => {
    fc.assert(
      fc.property(policy, count, (some, size) => {
        const distribution = distribute(some, size);
        expect(distribution).toHaveLength(size);
        expect(distribution.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 10);
        expect(Math.max(...distribution)).toBe(distribution[0]);
        expect(Math.min(...distribution)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("is the textbook's", () => {
    expect(distribute({ name: "greedy" }, 3)).toEqual([1, 0, 0]);
    expect(distribute({ name: "random" }, 4)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(distribute({ name: "epsilon-greedy", epsilon: 0.5 }, 4)).toEqual([0.625, 0.125, 0.125, 0.125]);
  });

  it("leaves a single candidate no choice", () => {
    expect(distribute({ name: "epsilon-greedy", epsilon: 0.25 }, 1)).toEqual([1]);
  });
});

describe("a draw", () => {
  it("is always of something possible", () => {
    fc.assert(
      fc.property(policy, count, uniform, (some, size, u) => {
        const distribution = distribute(some, size);
        expect(distribution[draw(distribution, u)]).toBeGreaterThan(0);
      }),
    );
  });

  it("survives a sum that falls short of 1", () => {
    expect(draw([0.5, 0.4999999, 0], 0.9999999999)).toBe(1);
  });

  it.each<Policy>([{ name: "greedy" }, { name: "random" }, { name: "epsilon-greedy", epsilon: 0.2 }])(
    "of a million matches $name",
    (some) => {
      const distribution = distribute(some, 5);
      const counts = new Array<number>(5).fill(0);
      const total = 1_000_000;
      for (let index = 0; index < total; index++) counts[draw(distribution, uniformFrom(seedAt(42, index)))]! += 1;
      const chiSquared = counts.reduce((sum, observed, index) => {
        const expected = (distribution[index] ?? 0) * total;
        return expected === 0 ? sum + (observed === 0 ? 0 : 1e9) : sum + (observed - expected) ** 2 / expected;
      }, 0);
      expect(chiSquared).toBeLessThan(18.47); // 4 degrees of freedom, p = 0.001
    },
  );

  it.each(vectors)("is the same everywhere: $name", ({ input, expected }) => {
    const state = seedAt(input.seed, input.index);
    expect({ state, uniform: uniformFrom(state) }).toEqual(expected);
  });
});

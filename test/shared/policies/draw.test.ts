// Draws that follow their distribution, and lots by weights.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seedAt, uniformFrom } from "../../../functions/decision/seeds.ts";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { distribute } from "../../../shared/policies/distribute.ts";
import { draw, weigh } from "../../../shared/policies/draw.ts";
import { chiSquared, criticalAt } from "./chi-squared.ts";
import { arms, policies } from "./random-arms.ts";

const uniform = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => bits / 2 ** 32);

describe("a draw", () => {
  it("is always of something possible", () => {
    fc.assert(
      fc.property(policies, arms(100), uniform, (policy, some, u) => {
        const distribution = distribute(policy, some);
        expect(distribution[draw(distribution, u)]).toBeGreaterThan(0);
      }),
    );
  });

  it("survives a sum that falls short of 1", () => {
    expect(draw([0.5, 0.4999999, 0], 0.9999999999)).toBe(1);
  });

  it("has, over all uniforms of a grid, the probability that is logged to within one of them", () => {
    const grid = 4096;
    fc.assert(
      fc.property(policies, arms(12), (policy, some) => {
        const distribution = distribute(policy, some);
        const counts = new Array<number>(distribution.length).fill(0);
        for (let at = 0; at < grid; at++) counts[draw(distribution, at / grid)]! += 1;
        const errors = counts.map((count, arm) => Math.abs(count / grid - (distribution[arm] as number)));
        expect(Math.max(...errors)).toBeLessThan(1 / grid + 1e-12);
      }),
    );
  });
});

describe("a million draws", () => {
  const total = 1_000_000;
  const values = [10, 8, 8, 3, 0];
  const draws = Float64Array.from({ length: 500 }, (_, at) => (values[at % 5] as number) * uniformFrom(seedAt(5, at)));
  const newcomers = [false, true, false, false, true];
  const base: Policy[] = [
    { name: "greedy" },
    { name: "epsilon-greedy", epsilon: 0.2 },
    { name: "softmax", temperature: 0.4 },
    { name: "thompson" },
    { name: "squarecb", gamma: 12 },
    { name: "random" },
  ];
  const all = base.flatMap((policy): Policy[] => [policy, { ...policy, newcomers: { share: 0.15, maxAgeDays: 3 } }]);

  const observe = (distribution: readonly number[], seed: number) => {
    const counts = new Array<number>(distribution.length).fill(0);
    for (let index = 0; index < total; index++) counts[draw(distribution, uniformFrom(seedAt(seed, index)))]! += 1;
    return counts;
  };

  it.each(all.map((policy) => [JSON.stringify(policy), policy] as const))("match %s", (_, policy) => {
    const distribution = distribute(policy, { values, newcomers, draws });
    const { statistic, freedom } = chiSquared(observe(distribution, 42), distribution);
    expect(statistic).toBeLessThan(criticalAt(freedom, 0.001));
  });

  it("match a lot's weights", () => {
    const distribution = weigh([1, 10, 2, 2, 2, 500], ["a", "b", "c", "c", "c", "d"]);
    const { statistic, freedom } = chiSquared(observe(distribution, 43), distribution);
    expect(statistic).toBeLessThan(criticalAt(freedom, 0.001));
  });

  it("do not match another distribution: the test has teeth", () => {
    const { statistic, freedom } = chiSquared(observe([0.2, 0.2, 0.2, 0.2, 0.2], 42), [0.202, 0.2, 0.2, 0.2, 0.198]);
    expect(statistic).toBeGreaterThan(criticalAt(freedom, 0.001));
  });
});

describe("a lot", () => {
  it("is in proportion to the weights, which the creatives of a flight share", () => {
    expect(weigh([1, 3])).toEqual([0.25, 0.75]);
    expect(weigh([2, 2, 2], ["a", "a", "b"])).toEqual([0.25, 0.25, 0.5]);
    expect(weigh([7])).toEqual([1]);
  });

  it("sums to 1 within 1e-12", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 2000 });
    fc.assert(
      fc.property(weights, (some) => {
        expect(Math.abs(weigh(some).reduce((sum, one) => sum + one, 0) - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  it.each([[[0, 1]], [[-1]], [[Number.NaN]], [[Number.POSITIVE_INFINITY, 1]]])("refuses the weights %j", (weights) => {
    expect(() => weigh(weights)).toThrow();
  });
});

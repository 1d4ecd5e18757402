// Policies as distributions: the textbook's numbers, and what holds for all of them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { type Arms, distribute } from "../../../shared/policies/distribute.ts";
import { arms, policies } from "./random-arms.ts";

const known = (...values: (number | null)[]): Arms => ({ values, newcomers: null, draws: null });
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe("a policy's distribution", () => {
  it("has a probability of 0 or more for each arm, and they sum to 1 within 1e-12", () => {
    fc.assert(
      fc.property(policies, arms(40), (policy, some) => {
        const distribution = distribute(policy, some);
        expect(distribution).toHaveLength(some.values.length);
        expect(Math.min(...distribution)).toBeGreaterThanOrEqual(0);
        expect(Math.abs(sum(distribution) - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 1000 },
    );
  });

  it("never prefers a lower value to a higher one without newcomers or a posterior", () => {
    fc.assert(
      fc.property(policies, arms(40), (policy, some) => {
        const { newcomers: _, ...base } = policy;
        const distribution = distribute(base, { ...some, draws: null });
        expect(distribution.every((one, arm) => arm === 0 || one <= (distribution[arm - 1] as number) + 1e-15)).toBe(true);
      }),
    );
  });

  it("does not depend on the currency", () => {
    fc.assert(
      fc.property(policies, arms(40), (policy, some) => {
        const scaled = {
          ...some,
          values: some.values.map((value) => value && value * 1024), // up: the smallest numbers have none below them
          draws: some.draws?.map((one) => one * 1024) ?? null,
        };
        expect(distribute(policy, scaled)).toEqual(distribute(policy, some));
      }),
    );
  });

  it("sums to 1 for ten thousand candidates too", () => {
    const values = Array.from({ length: 10_000 }, (_, arm) => 1e6 / (1 + arm));
    const draws = Float64Array.from({ length: 30_000 }, (_, at) => (at * 7919) % 10_007);
    const newcomers = values.map((_, arm) => arm % 3 === 0);
    const some: Policy[] = [
      { name: "softmax", temperature: 0.3, newcomers: { share: 0.1, maxAgeDays: 1 } },
      { name: "squarecb", gamma: 77 },
      { name: "epsilon-greedy", epsilon: 1 / 3 },
      { name: "thompson" },
      { name: "random" },
    ];
    for (const policy of some) expect(Math.abs(sum(distribute(policy, { values, newcomers, draws })) - 1)).toBeLessThan(1e-12);
  });
});

describe("greedy, epsilon-greedy and random", () => {
  it.each<[Policy, number[]]>([
    [{ name: "greedy" }, [1, 0, 0, 0]],
    [{ name: "random" }, [0.25, 0.25, 0.25, 0.25]],
    [{ name: "epsilon-greedy", epsilon: 0.5 }, [0.625, 0.125, 0.125, 0.125]],
  ])("are the textbook's: %j", (policy, expected) => {
    expect(distribute(policy, known(9, 9, 1, 0))).toEqual(expected);
  });
});

describe("softmax", () => {
  it("is in proportion to exp(value / best / temperature)", () => {
    const [a, b, c] = [Math.exp(1 / 0.5), Math.exp(0.5 / 0.5), Math.exp(0 / 0.5)] as const;
    const distribution = distribute({ name: "softmax", temperature: 0.5 }, known(4, 2, 0));
    for (const [arm, weight] of [a, b, c].entries()) expect(distribution[arm]).toBeCloseTo(weight / (a + b + c), 14);
  });

  it("survives temperatures at which exp overflows or vanishes", () => {
    expect(distribute({ name: "softmax", temperature: 1e-300 }, known(1e15, 1, 0))[0]).toBe(1);
    expect(distribute({ name: "softmax", temperature: 1000 }, known(1e15, 1e-300, 0))[2]).toBeCloseTo(1 / 3, 3);
  });
});

/**
 * Foster and Rakhlin, "Beyond UCB: Optimal and Efficient Contextual Bandits with Regression Oracles" (2020), Algorithm 1: every action but
 * the best has 1 / (mu + gamma x its gap), the best has what is left; mu = the number of actions.
 */
describe("squarecb", () => {
  it("equals the formula by hand: values 10, 5 and 0, gamma 6, so relative gaps of 1/2 and 1", () => {
    const distribution = distribute({ name: "squarecb", gamma: 6 }, known(10, 5, 0));
    expect(distribution[1]).toBe(1 / 6); // 3 + 6 / 2
    expect(distribution[2]).toBe(1 / 9); // 3 + 6
    expect(distribution[0]).toBeCloseTo(13 / 18, 15);
  });

  it("equals the formula by hand: values 8, 6, 6 and 2, gamma 16, so relative gaps of 1/4, 1/4 and 3/4", () => {
    const distribution = distribute({ name: "squarecb", gamma: 16 }, known(8, 6, 6, 2));
    expect(distribution.slice(1)).toEqual([1 / 8, 1 / 8, 1 / 16]); // 4 + 4, 4 + 4, 4 + 12
    expect(distribution[0]).toBe(11 / 16);
  });

  it("is uniform where nothing is behind the best, and nearly greedy where gamma is large", () => {
    expect(distribute({ name: "squarecb", gamma: 1e9 }, known(3, 3, 3, 3))).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(distribute({ name: "squarecb", gamma: 1e9 }, known(3, 2, 1))[0]).toBeGreaterThan(1 - 1e-8);
  });
});

describe("thompson", () => {
  const draws = Float64Array.from([3, 1, 1, /**/ 0, 2, 1, /**/ 5, 5, 4, /**/ 0, 0, 9]);

  it("gives each the share of the posterior's draws in which it is the best, ties to the first", () => {
    expect(distribute({ name: "thompson" }, { ...known(3, 2, 1), draws })).toEqual([0.5, 0.25, 0.25]);
  });

  it("is greedy under a posterior that is a point", () => {
    expect(distribute({ name: "thompson" }, known(3, 2, 1))).toEqual([1, 0, 0]);
    expect(distribute({ name: "thompson" }, { ...known(3, 2, 1), draws: Float64Array.of(3, 2, 1) })).toEqual([1, 0, 0]);
  });

  it("asks the same draws about those that are left", () => {
    expect(distribute({ name: "thompson" }, { ...known(3, 2, 1), draws }, [1, 2])).toEqual([0.75, 0.25]);
  });
});

describe("newcomers", () => {
  const policy: Policy = { name: "greedy", newcomers: { share: 0.2, maxAgeDays: 7 } };

  it("share their part of the draws evenly, the best one too where it is new", () => {
    const some = { ...known(4, 3, 2, 1), newcomers: [true, false, true, false] };
    expect(distribute(policy, some)).toEqual([0.9, 0, 0.1, 0]);
  });

  it("change nothing where there are none", () => {
    expect(distribute(policy, { ...known(4, 3), newcomers: [false, false] })).toEqual([1, 0]);
    expect(distribute(policy, known(4, 3))).toEqual([1, 0]);
  });
});

describe("where little is known", () => {
  const all: Policy[] = [
    { name: "greedy" },
    { name: "epsilon-greedy", epsilon: 0.3 },
    { name: "softmax", temperature: 0.1 },
    { name: "thompson" },
    { name: "squarecb", gamma: 10 },
    { name: "random" },
  ];

  it.each(all)("a single candidate has the probability 1: $name", (policy) => {
    for (const value of [5, 0, null]) expect(distribute(policy, known(value))).toEqual([1]);
  });

  it.each(all)("all are as likely where nothing is known of any: $name", (policy) => {
    expect(distribute(policy, known(null, null, null, null))).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it.each(all)("values of 0 are equal values: $name", (policy) => {
    const [of0, of7] = [distribute(policy, known(0, 0, 0)), distribute(policy, known(7, 7, 7))];
    for (const [arm, probability] of of0.entries()) expect(probability).toBeCloseTo(of7[arm] as number, 15);
  });

  it.each(all)("what is unknown counts as 0: $name", (policy) => {
    expect(distribute(policy, known(2, 1, null))).toEqual(distribute(policy, known(2, 1, 0)));
  });

  it.each<[string, Arms]>([
    ["infinite", known(Number.POSITIVE_INFINITY, 1)],
    ["not a number", known(3, Number.NaN)],
    ["below 0", known(3, -0.5)],
    ["not best first", known(1, 2)],
    ["unknown before known", known(null, 2)],
    ["of other newcomers", { ...known(2, 1), newcomers: [true] }],
    ["of a posterior of other arms", { ...known(2, 1), draws: Float64Array.of(1, 2, 3) }],
    ["of an empty posterior", { ...known(2, 1), draws: new Float64Array(0) }],
  ])("a caller's mistake is refused: values %s", (_, some) => {
    expect(() => distribute({ name: "greedy" }, some)).toThrow();
  });
});

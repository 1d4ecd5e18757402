// Several slots: the propensity that is logged is exactly that of what was shown, by enumeration and by a million draws.
import { describe, expect, it } from "vitest";
import { seedAt, uniformFrom } from "../../../functions/decision/seeds.ts";
import type { Policy } from "../../../shared/catalog/policy.ts";
import { type Arms, distribute, selectArms } from "../../../shared/policies/distribute.ts";
import { weigh } from "../../../shared/policies/draw.ts";
import { drawSlots, type SlotDraw, type SlotRules } from "../../../shared/policies/slots.ts";
import { chiSquared, criticalAt } from "./chi-squared.ts";
import { probabilityOf } from "./textbook.ts";

const ARMS: Arms = {
  values: [10, 8, 8, 3, 1],
  newcomers: [false, true, false, true, false],
  draws: Float64Array.from({ length: 5 * 16 }, (_, at) => Math.floor(10 * uniformFrom(seedAt(11, at)))),
};
const base: Policy[] = [
  { name: "greedy" },
  { name: "epsilon-greedy", epsilon: 0.2 },
  { name: "softmax", temperature: 0.4 },
  { name: "thompson" },
  { name: "squarecb", gamma: 12 },
  { name: "random" },
];
const all = base
  .flatMap((policy): Policy[] => [policy, { ...policy, newcomers: { share: 0.15, maxAgeDays: 3 } }])
  .map((policy) => [JSON.stringify(policy), policy] as const);

type Mechanism = Omit<SlotRules, "uniformAt" | "slotCount">;
const underPolicy = (policy: Policy): Mechanism => ({ distributeOver: (left) => distribute(policy, selectArms(ARMS, left)) });

const WEIGHTS = [1, 10, 2, 2, 2];
const FLIGHTS = ["a", "b", "c", "c", "c"];
const byLot: Mechanism = {
  distributeOver: (left) =>
    weigh(
      left.map((arm) => WEIGHTS[arm]!),
      left.map((arm) => FLIGHTS[arm]!),
    ),
};

/** Every way in which the slots can be filled, with what `drawSlots` says of it, found by steering each slot's draw into each interval. */
function enumerate(armCount: number, slotCount: number, mechanism: Mechanism): Map<string, SlotDraw> {
  const found = new Map<string, SlotDraw>();
  const visit = (uniforms: readonly number[]): void => {
    const steer = (slot: number) => uniforms[slot] ?? 0;
    const drawn = drawSlots(armCount, { ...mechanism, slotCount: uniforms.length + 1, uniformAt: steer });
    const [key, last] = [drawn.map(({ index }) => index).join(), drawn.at(-1)!];
    if (drawn.length <= uniforms.length) return void found.set(key, last); // nobody was left for one more
    let below = 0;
    for (const probability of last.distribution) {
      if (probability > 0) {
        const middle = below + probability / 2;
        if (uniforms.length + 1 < slotCount) visit([...uniforms, middle]);
        else {
          const way = drawSlots(armCount, { ...mechanism, slotCount, uniformAt: (slot) => [...uniforms, middle][slot]! });
          found.set(way.map(({ index }) => index).join(), way.at(-1)!);
        }
      }
      below += probability;
    }
  };
  visit([]);
  return found;
}

/** The same by the definitions: all sequences of different arms, and the product of their conditional probabilities. */
function multiply(
  slotCount: number,
  left: readonly number[],
  probability: (arm: number, left: readonly number[]) => number,
): Map<string, number> {
  if (slotCount === 0) return new Map([["", 1]]);
  const ways = left.flatMap((arm) => {
    const rest = multiply(
      slotCount - 1,
      left.filter((other) => other !== arm),
      probability,
    );
    return [...rest].map(([key, joint]) => [key === "" ? `${arm}` : `${arm},${key}`, joint * probability(arm, left)] as const);
  });
  return new Map(ways.filter(([, joint]) => joint > 0));
}

const first = (count: number) => Array.from({ length: count }, (_, arm) => arm);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

function expectSameJoint(found: ReadonlyMap<string, SlotDraw>, expected: ReadonlyMap<string, number>): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, { jointPropensity }] of found) expect(jointPropensity).toBeCloseTo(expected.get(key)!, 12);
  expect(Math.abs(sum([...found.values()].map(({ jointPropensity }) => jointPropensity)) - 1)).toBeLessThan(1e-12);
}

describe("by enumeration, the joint propensity of every way to fill the slots is the product of the conditional ones", () => {
  it.each(all)("%s", (_, policy) => {
    for (const slotCount of [1, 2, 3, 5]) {
      const found = enumerate(5, slotCount, underPolicy(policy));
      expectSameJoint(
        found,
        multiply(slotCount, first(5), (arm, left) => probabilityOf(arm, left, policy, ARMS)),
      );
    }
  });

  it("a lot by weights", () => {
    const share = (arm: number, left: readonly number[]) => {
      const flights = [...new Set(left.map((one) => FLIGHTS[one]!))];
      const total = sum(flights.map((flight) => WEIGHTS[FLIGHTS.indexOf(flight)]!));
      return WEIGHTS[arm]! / left.filter((one) => FLIGHTS[one] === FLIGHTS[arm]).length / total;
    };
    for (const slotCount of [1, 2, 3]) expectSameJoint(enumerate(5, slotCount, byLot), multiply(slotCount, first(5), share));
  });

  it("competitors: what is excluded by one that was drawn is not drawn beside it, and the rest sums to 1", () => {
    const excludes = (shown: number, other: number) => (shown < 2 && other < 2) || (shown > 2 && other > 2);
    const found = enumerate(5, 3, { ...underPolicy({ name: "softmax", temperature: 0.4 }), excludes });
    const keys = [...found.keys()];
    expect(keys).toHaveLength(24); // one of 0 and 1, one of 3 and 4, and 2, in any order
    expect(keys.some((key) => key.includes("0") && key.includes("1"))).toBe(false);
    expect(sum([...found.values()].map(({ jointPropensity }) => jointPropensity))).toBeCloseTo(1, 12);
  });
});

describe("a million draws of two slots match the enumerated joint distribution", () => {
  const total = 1_000_000;

  /** How often each pair was drawn, at [first * 5 + second]; what is left after the first is always the same, so it is asked about once. */
  const observe = ({ distributeOver }: Mechanism, seed: number): number[] => {
    const counts = new Array<number>(25).fill(0);
    const known: number[][] = [];
    const remember = (left: readonly number[]) => (known[left.length === 5 ? 5 : 10 - sum(left)] ??= distributeOver(left));
    for (let index = 0; index < total; index++) {
      const uniformAt = (slot: number) => uniformFrom(seedAt(seed, 2 * index + slot));
      const [one, two] = drawSlots(5, { distributeOver: remember, slotCount: 2, uniformAt });
      counts[one!.index * 5 + two!.index]! += 1;
    }
    return counts;
  };

  const mechanisms: [string, Mechanism][] = [
    ...all
      .filter(([, policy]) => policy.name !== "greedy" && policy.newcomers)
      .map(([name, policy]): [string, Mechanism] => [name, underPolicy(policy)]),
    ["a lot by weights", byLot],
  ];

  it.each(mechanisms)("%s", (_, mechanism) => {
    const expected = new Array<number>(25).fill(0);
    for (const [pair, { jointPropensity }] of enumerate(5, 2, mechanism)) {
      const [one, two] = pair.split(",").map(Number);
      expected[one! * 5 + two!] = jointPropensity;
    }
    const { statistic, freedom } = chiSquared(observe(mechanism, 42), expected);
    expect(freedom).toBeGreaterThan(3);
    expect(statistic).toBeLessThan(criticalAt(freedom, 0.001));
  });
});

describe("slots", () => {
  it("are as many as there are candidates, none where there are none, and nobody is shown twice", () => {
    const rules = { ...underPolicy({ name: "random" }), slotCount: 9, uniformAt: (slot: number) => uniformFrom(seedAt(3, slot)) };
    expect(
      drawSlots(5, rules)
        .map(({ index }) => index)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4]);
    expect(drawSlots(0, rules)).toEqual([]);
  });

  it("say where the drawn one stood, so that the one behind it is known", () => {
    const [one, two] = drawSlots(5, { ...underPolicy({ name: "greedy" }), slotCount: 2, uniformAt: () => 0.3 });
    expect(one).toMatchObject({ index: 0, position: 0, remaining: [0, 1, 2, 3, 4], propensity: 1 });
    expect(two).toMatchObject({ index: 1, position: 0, remaining: [1, 2, 3, 4], jointPropensity: 1 });
  });
});

// Policies and arms for properties: all policies with and without newcomers, values that tie, are 0, are unknown.
import fc from "fast-check";
import type { Policy } from "../../../shared/catalog/policy.ts";
import type { Arms } from "../../../shared/policies/distribute.ts";

const share = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
const base = fc.oneof(
  fc.constant<Policy>({ name: "greedy" }),
  fc.constant<Policy>({ name: "random" }),
  fc.constant<Policy>({ name: "thompson" }),
  share.map((epsilon): Policy => ({ name: "epsilon-greedy", epsilon })),
  fc.double({ min: 1e-6, max: 1000, noNaN: true }).map((temperature): Policy => ({ name: "softmax", temperature })),
  fc.double({ min: 1e-6, max: 1e9, noNaN: true }).map((gamma): Policy => ({ name: "squarecb", gamma })),
);

export const policies: fc.Arbitrary<Policy> = fc.oneof(
  base,
  fc.tuple(base, share).map(([policy, share]): Policy => ({ ...policy, newcomers: { share, maxAgeDays: 7 } })),
);

const value = fc.oneof(
  { arbitrary: fc.double({ min: 0, max: 1e15, noNaN: true }), weight: 6 },
  { arbitrary: fc.integer({ min: 0, max: 3 }), weight: 3 },
  { arbitrary: fc.constant(null), weight: 1 },
);

/** Between 1 and `maxCount` arms in rank order; where there are posterior draws, a few. */
export function arms(maxCount: number): fc.Arbitrary<Arms> {
  return fc.array(fc.record({ value, isNew: fc.boolean() }), { minLength: 1, maxLength: maxCount }).chain((list) =>
    fc.record({
      values: fc.constant(list.map((one) => one.value).sort((a, b) => (b ?? -1) - (a ?? -1))),
      newcomers: fc.option(fc.constant(list.map((one) => one.isNew))),
      draws: fc.option(drawsOf(list.length)),
    }),
  );
}

function drawsOf(count: number): fc.Arbitrary<Float64Array> {
  return fc
    .integer({ min: 1, max: 8 })
    .chain((drawCount) =>
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: count * drawCount, maxLength: count * drawCount }),
    )
    .map((values) => Float64Array.from(values));
}

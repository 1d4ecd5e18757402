// The order of a ranking equals that of Array's own stable sort.
import fc from "fast-check";
import { expect, it } from "vitest";
import { orderByScore } from "../../../shared/auction/order.ts";

const score = fc.oneof(fc.double({ min: -1, max: 1e15, noNaN: true }), fc.integer({ min: -1, max: 3 }));

it("is from the highest score down, equal ones by code units of their ids", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), score }), {
        selector: ({ id }) => id,
        maxLength: 200,
        size: "max",
      }),
      (list) => {
        const expected = list
          .map((one, index) => ({ ...one, index }))
          .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
          .map(({ index }) => index);
        const scores = list.map((one) => one.score);
        expect([
          ...orderByScore(
            scores,
            list.map(({ id }) => id),
          ),
        ]).toEqual(expected);
      },
    ),
  );
});

it("is empty for none", () => {
  expect(orderByScore([], [])).toHaveLength(0);
});

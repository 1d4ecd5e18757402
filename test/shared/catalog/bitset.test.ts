// Sets of numbers as bits behave as sets do.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  addMembers,
  assignMembers,
  type Bits,
  createBits,
  forEachBit,
  forEachMember,
  hasBit,
  membersOf,
  pick,
  removeAndCount,
  removeMembers,
  setBit,
  toMembers,
} from "../../../shared/catalog/bitset.ts";

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

/** Sizes around whole words; few members, which are listed, and many, which are bits. */
const cases = fc.integer({ min: 1, max: 400 }).chain((size) => {
  const numbers = fc.uniqueArray(fc.nat({ max: size - 1 })).map(sorted);
  return fc.record({ size: fc.constant(size), some: numbers, others: numbers });
});

function bitsOf(numbers: readonly number[], size: number): Bits {
  const bits = createBits(size);
  for (const number of numbers) setBit(bits, number);
  return bits;
}

function numbersIn(bits: Bits): number[] {
  const numbers: number[] = [];
  forEachBit(bits, (number) => numbers.push(number));
  return numbers;
}

it("sets are added to, taken from, copied and listed", () => {
  fc.assert(
    fc.property(cases, ({ size, some, others }) => {
      const isIn = (list: readonly number[]) => (number: number) => list.includes(number);
      const isNotIn = (list: readonly number[]) => (number: number) => !list.includes(number);
      const change = (how: (bits: Bits) => void) => {
        const bits = bitsOf(some, size);
        how(bits);
        return numbersIn(bits);
      };
      const members = membersOf(others, size);
      expect(change((bits) => addMembers(bits, members))).toEqual(sorted([...some, ...others.filter(isNotIn(some))]));
      expect(change((bits) => removeMembers(bits, members))).toEqual(some.filter(isNotIn(others)));
      expect(change((bits) => assignMembers(bits, members))).toEqual(others);
      expect(change((bits) => expect(removeAndCount(bits, members)).toBe(some.filter(isIn(others)).length))).toEqual(
        some.filter(isNotIn(others)),
      );
    }),
  );
});

it("members come in ascending order, from bits and from lists", () => {
  fc.assert(
    fc.property(cases, ({ size, some }) => {
      const bits = bitsOf(some, size);
      expect(numbersIn(bits)).toEqual(some);
      expect(
        pick(
          Array.from({ length: size }, (_, number) => `item ${number}`),
          bits,
        ),
      ).toEqual(some.map((number) => `item ${number}`));
      expect(some.every((number) => hasBit(bits, number))).toBe(true);
      const listed: number[] = [];
      forEachMember(toMembers(bits), (number) => listed.push(number));
      expect(listed).toEqual(some);
    }),
  );
});

it("few members are a list, many are bits", () => {
  expect(membersOf([1, 2], 128)).toMatchObject({ bits: null });
  expect(membersOf([1, 2, 3], 128)).toMatchObject({ list: null });
});

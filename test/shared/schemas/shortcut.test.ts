// The short ways through schemas: what they take, the schema takes as it is.
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { Id } from "../../../shared/catalog/parts.ts";
import { FeatureValue } from "../../../shared/schemas/features.ts";
import { list } from "../../../shared/schemas/lists.ts";
import { int, number } from "../../../shared/schemas/numbers.ts";
import { record } from "../../../shared/schemas/objects.ts";
import { shortcut } from "../../../shared/schemas/shortcut.ts";
import { text } from "../../../shared/schemas/texts.ts";

const plainNumber = v.pipe(v.number(), v.finite());
const plainText = v.pipe(v.string(), v.maxLength(4096));
const bounded = (item: v.GenericSchema, maximum: number) => v.pipe(v.array(item), v.maxLength(maximum));

/** Each schema with a short way, and the same one made of the library's own parts alone. */
const PAIRS: [string, v.GenericSchema, v.GenericSchema][] = [
  ["a number", number, plainNumber],
  ["an integer", int, v.pipe(plainNumber, v.safeInteger())],
  ["a text", text(2, 4), v.pipe(v.string(), v.minLength(2), v.maxLength(4))],
  ["an id", Id, v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/))],
  ["a list", list(v.string(), 0, 2), bounded(v.string(), 2)],
  [
    "a feature's value",
    FeatureValue,
    v.union([
      plainText,
      plainNumber,
      v.boolean(),
      v.null(),
      bounded(v.union([plainText, plainNumber]), 4096),
      record(v.pipe(v.string(), v.maxLength(256)), plainNumber),
    ]),
  ],
];

const EDGES: readonly unknown[] = [
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  Number.POSITIVE_INFINITY,
  Number.NaN,
  0.5,
  "",
  "a",
  "ab",
  "abcd",
  "abcde",
  "a-b_c.d",
  ".a",
  "a\n",
  "x".repeat(64),
  "x".repeat(65),
  "x".repeat(4096),
  "x".repeat(4097),
  ["x".repeat(4097)],
  Array(4096).fill(0),
  Array(4097).fill(0),
  [[]],
  [null],
  ["a", 1],
  ["a", Number.POSITIVE_INFINITY],
  { a: 1 },
  { a: "1" },
];

describe.each(PAIRS)("%s", (_, quick, plain) => {
  it.each(EDGES.map((value) => [value]))("is told from what is none as without a short way: %j", (value) => {
    expect(v.is(quick, value)).toBe(v.is(plain, value));
  });

  it("is given as it was sent", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.constantFrom(...EDGES)), (value) => {
        const { success, output } = v.safeParse(quick, value);
        expect(success).toBe(v.is(plain, value));
        if (success) expect(output).toEqual(value);
      }),
    );
  });
});

it("what has no short way is looked at by the schema, and refused in its words", () => {
  const even = shortcut(v.pipe(v.number(), v.multipleOf(2, "an even number")), (value) => value === 2);
  const read = (value: unknown) => v.safeParse(even, value).issues?.map(({ message }) => message) ?? "taken";
  expect([2, 4, 5].map(read)).toEqual(["taken", "taken", ["an even number"]]);
});

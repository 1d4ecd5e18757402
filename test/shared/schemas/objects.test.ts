// Objects and records: what valibot's own would let through, or not say.
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../../../shared/schemas/coded-error.ts";
import { int, number } from "../../../shared/schemas/numbers.ts";
import { record, strictObject } from "../../../shared/schemas/objects.ts";

const Flight = strictObject({
  id: v.string(),
  status: v.picklist(["active", "paused"]),
  weight: v.optional(int, 1),
  tags: v.optional(record(v.pipe(v.string(), v.maxLength(3)), number), {}),
  note: v.exactOptional(v.string()),
});

const problems = (schema: v.GenericSchema, value: unknown): string[] => {
  const { issues = [] } = v.safeParse(schema, value);
  return problemsOf(issues).map(({ code, path }) => `${code} ${path}`);
};

describe("an object", () => {
  it("has its standard values, made anew for each", () => {
    const [first, second] = [0, 1].map(() => v.parse(Flight, { id: "a", status: "active" }));
    expect(first).toEqual({ id: "a", status: "active", weight: 1, tags: {} });
    expect(second?.tags).not.toBe(first?.tags);
  });

  it.each([
    ["an array", []],
    ["null", null],
    ["text", "{}"],
    ["nothing", undefined],
  ])("is not %s", (_, value) => {
    expect(problems(Flight, value)).toEqual(["invalid_type "]);
  });

  it("names every unknown key and every missing field, each by what it should have been", () => {
    const value = JSON.parse('{"weight":0.5,"Id":1,"__proto__":2,"constructor":3}');
    expect(problems(Flight, value)).toEqual([
      "invalid_type id",
      "invalid_value status",
      "invalid_type weight",
      "unrecognized_keys Id",
      "unrecognized_keys __proto__",
      "unrecognized_keys constructor",
    ]);
  });

  it("takes no undefined for a field that may be left out", () => {
    expect(problems(Flight, { id: "a", status: "paused", note: undefined })).toEqual(["invalid_type note"]);
  });

  it("has one of the forms of a variant, chosen by its name", () => {
    const Policy = v.variant("name", [strictObject({ name: v.literal("a"), x: int }), strictObject({ name: v.literal("b") })]);
    expect(problems(Policy, { name: "a", x: "1", y: 2 })).toEqual(["invalid_type x", "unrecognized_keys y"]);
    expect(problems(Policy, { name: "c" })).toEqual(["invalid_union name"]);
    expect(problems(Policy, 7)).toEqual(["invalid_type "]);
  });
});

describe("a record", () => {
  const Weights = record(v.pipe(v.string(), v.maxLength(20)), number);

  it("keeps every name, also those that objects are born with", () => {
    const value = { constructor: 1, prototype: 2, toString: 3 };
    expect(Object.entries(v.parse(Weights, value))).toEqual(Object.entries(value));
  });

  it("cannot be given a prototype", () => {
    expect(Object.getPrototypeOf(v.parse(Weights, JSON.parse('{"__proto__":1}')))).toBe(Object.prototype);
  });

  it("says which name and which value are wrong", () => {
    expect(problems(Weights, { [`${"x".repeat(21)}`]: 1, b: "2" })).toEqual([`invalid_key ${"x".repeat(21)}`, "invalid_type b"]);
    expect(problems(Weights, [1, 2])).toEqual(["invalid_type "]);
  });

  it("comes out as it went in", () => {
    const names = fc.string({ maxLength: 20 }).filter((name) => name !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(names, fc.double({ noNaN: true, noDefaultInfinity: true })), (value) => {
        expect(Object.entries(v.parse(Weights, value))).toEqual(Object.entries(value));
      }),
    );
  });
});

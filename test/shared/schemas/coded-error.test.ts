// What callers see of a failed parse: codes, paths and details that do not depend on the schema library.
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { CodedError, parse } from "../../../shared/schemas/coded-error.ts";
import { FeatureValue } from "../../../shared/schemas/features.ts";
import { list } from "../../../shared/schemas/lists.ts";
import { int, number } from "../../../shared/schemas/numbers.ts";
import { strictObject } from "../../../shared/schemas/objects.ts";
import { WebUrl } from "../../../shared/schemas/web-url.ts";

const Id = v.pipe(v.string(), v.regex(/^[a-z]+$/, "lower-case letters"));

function failureOf(schema: v.GenericSchema, value: unknown): CodedError {
  try {
    parse(schema, value, "root");
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error("expected a failure");
}

describe("a problem", () => {
  it.each<[string, string, unknown, v.GenericSchema]>([
    ["invalid_type", "expected string", 7, v.string()],
    ["invalid_type", "expected boolean", "true", v.boolean()],
    ["invalid_type", "expected string", 7, v.nullable(v.string())],
    ["invalid_type", "expected array", {}, v.array(v.string())],
    ["invalid_type", "expected object", 7, strictObject({})],
    ["invalid_type", "expected number", Number.POSITIVE_INFINITY, number],
    ["invalid_type", "expected number", Number.NaN, number],
    ["invalid_type", "expected int", 1.5, int],
    ["too_big", "too big: at most 9007199254740991", 2 ** 53, int],
    ["too_small", "too small: at least 0", -1, v.pipe(int, v.minValue(0))],
    ["too_small", "too small: more than 0", 0, v.pipe(number, v.gtValue(0))],
    ["too_big", "too big: less than 1", 1, v.pipe(number, v.ltValue(1))],
    ["too_small", "too small: at least 1", "", v.pipe(v.string(), v.minLength(1))],
    ["too_big", "too big: at most 1", [1, 2], v.pipe(v.array(int), v.maxLength(1))],
    ["invalid_format", "lower-case letters", "A", Id],
    ["invalid_format", 'expected the format "url"', "javascript:alert(1)", WebUrl],
    ["invalid_value", "expected 1", 2, v.literal(1)],
    ["invalid_value", 'expected "a" or "b"', "c", v.picklist(["a", "b"])],
    ["invalid_union", "matches none of the allowed forms", 5, v.union([v.literal(4), v.literal(8)])],
    ["invalid_type", "expected number", "soon", v.pipe(v.string(), v.toNumber())],
    ["custom", "expected a queue", {}, v.custom(() => false, "expected a queue")],
  ])("is %s, %s: %j", (code, detail, value, schema) => {
    expect(failureOf(schema, value)).toMatchObject({ code, path: "root", problems: [{ code, path: "root", detail }] });
  });

  it("of a list that is too long is the only one: none of its items is looked at", () => {
    const tooLong = Array.from({ length: 500_000 }, () => "wrong");
    expect(failureOf(list(int, 1, 20), tooLong).problems).toEqual([
      { code: "too_big", path: "root", detail: "too big: at most 20" },
    ]);
    expect(failureOf(list(int, 1, 20), []).problems).toEqual([
      { code: "too_small", path: "root", detail: "too small: at least 1" },
    ]);
    expect(failureOf(list(int, 1, 20), [1, "2"]).problems).toMatchObject([{ code: "invalid_type", path: "root[1]" }]);
  });

  it("says which key an open object lacks", () => {
    const { code, path, problems } = failureOf(v.object({ SECRET: v.string() }), { OTHER: 1 });
    expect([code, path, problems[0]?.detail]).toEqual(["invalid_type", "root.SECRET", "missing"]);
  });

  it("has a path with dots and indices", () => {
    const schema = strictObject({ placements: v.array(strictObject({ id: Id })) });
    expect(failureOf(schema, { placements: [{ id: "a" }, { id: 7 }] }).path).toBe("root.placements[1].id");
  });
});

describe("a URL", () => {
  it.each(["https://shop.example", "HTTP://a.example/b?c#d", " https://a.example "])("may be %j", (text) => {
    expect(parse(WebUrl, text)).toBe(text.trim());
  });

  it.each(["", "shop.example", "//a.example", "https:a.example", "https://", "https://a.example/\nb", "https://a\tb.example"])(
    "may not be %j",
    (text) => {
      expect(() => parse(WebUrl, text)).toThrow(expect.objectContaining({ code: "invalid_format" }));
    },
  );
});

describe("a feature's value", () => {
  it.each([["text"], [7], [true], [null], [["a", 1]], [{ a: 0.5, constructor: 1 }], [[]], [{}]])("may be %j", (value) => {
    expect(parse(FeatureValue, value)).toEqual(value);
  });

  it.each([[Number.POSITIVE_INFINITY], [[true]], [{ a: "b" }], [[[1]]], [undefined]])("may not be %j", (value) => {
    expect(failureOf(FeatureValue, value).code).toBe("invalid_union");
  });

  it("is refused as too big where it is of the right form", () => {
    expect(failureOf(FeatureValue, "x".repeat(4097)).code).toBe("too_big");
  });
});

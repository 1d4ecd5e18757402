// Schemas as JSON Schema: what a caller may leave out, and how much of what it may send.
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { toJsonSchema } from "../../../functions/routes/json-schema.ts";
import { list } from "../../../shared/schemas/lists.ts";
import { int, number } from "../../../shared/schemas/numbers.ts";
import { record, strictObject } from "../../../shared/schemas/objects.ts";
import { WebUrl } from "../../../shared/schemas/web-url.ts";

describe("a schema as JSON Schema", () => {
  it("of an object asks for what has no standard value and may not be left out", () => {
    const schema = strictObject({ a: number, b: v.exactOptional(v.boolean()), c: v.optional(v.nullable(v.string()), null) });
    expect(toJsonSchema(schema)).toEqual({
      type: "object",
      properties: {
        a: { type: "number" },
        b: { type: "boolean" },
        c: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
      },
      required: ["a"],
      additionalProperties: false,
    });
  });

  it.each<[string, v.GenericSchema, object]>([
    ["an integer", v.pipe(int, v.minValue(0)), { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }],
    ["a URL", WebUrl, { type: "string", format: "uri" }],
    ["a pattern", v.pipe(v.string(), v.regex(/^a$/)), { type: "string", pattern: "^a$" }],
    ["a text's length", v.pipe(v.string(), v.minLength(1), v.maxLength(2)), { type: "string", minLength: 1, maxLength: 2 }],
    ["a list's length", list(v.null(), 1, 2), { type: "array", items: { type: "null" }, minItems: 1, maxItems: 2 }],
    ["a literal", v.literal("ok"), { type: "string", const: "ok" }],
    ["names", v.picklist(["a", "b"]), { type: "string", enum: ["a", "b"] }],
    ["a union", v.union([number, v.null()]), { anyOf: [{ type: "number" }, { type: "null" }] }],
    [
      "a record",
      record(v.pipe(v.string(), v.maxLength(3)), number),
      { type: "object", propertyNames: { type: "string", maxLength: 3 }, additionalProperties: { type: "number" } },
    ],
  ])("says %s", (_, schema, wanted) => {
    expect(toJsonSchema(schema)).toEqual(wanted);
  });

  it("is refused for a kind that it does not know", () => {
    expect(() => toJsonSchema(v.custom(() => true))).toThrow("no JSON Schema for custom");
  });
});

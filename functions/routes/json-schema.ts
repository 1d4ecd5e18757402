// A valibot schema as JSON Schema (draft 2020-12), of what a caller sends: what has a standard value may be left out. It knows the kinds
// of schemas that our bodies are made of; the library's own converter knows all of them and weighs 3.3 KiB.
import type * as v from "valibot";

type Any = v.GenericSchema;
type Kind =
  | v.StringSchema<undefined>
  | v.NumberSchema<undefined>
  | v.BooleanSchema<undefined>
  | v.NullSchema<undefined>
  | v.UnknownSchema
  | v.LiteralSchema<string | number | boolean, undefined>
  | v.PicklistSchema<readonly string[], undefined>
  | v.UnionSchema<Any[], undefined>
  | v.VariantSchema<string, v.VariantOptions<string>, undefined>
  | v.NullableSchema<Any, undefined>
  | v.OptionalSchema<Any, unknown>
  | v.ExactOptionalSchema<Any, undefined>
  | v.ArraySchema<Any, undefined>
  | v.RecordSchema<v.GenericSchema<string>, Any, undefined>
  | v.StrictObjectSchema<v.ObjectEntries, undefined>;

interface Action {
  readonly kind: "validation" | "transformation" | "metadata";
  readonly type: string;
  readonly requirement?: unknown;
}

/**
 * Throws a plain `Error` for a kind of schema that no body was made of so far.
 *
 * @example toJsonSchema(v.pipe(v.string(), v.maxLength(64))); // { type: "string", maxLength: 64 }
 */
export function toJsonSchema(schema: Any): object {
  if (!("pipe" in schema)) return convert(schema as Kind); // `convert` throws where it is none
  const [first, ...steps] = schema.pipe as [Any, ...(Any | Action)[]]; // that is what a pipe is
  return Object.assign(
    toJsonSchema(first),
    ...steps.map((step) => (isSchema(step) ? toJsonSchema(step) : constrain(step, first.type))),
  );
}

const isSchema = (step: Any | Action): step is Any => step.kind === "schema";

function convert(schema: Kind): object {
  switch (schema.type) {
    case "string":
    case "number":
    case "boolean":
    case "null":
      return { type: schema.type };
    case "unknown":
      return {};
    case "literal":
      return { type: typeof schema.literal, const: schema.literal };
    case "picklist":
      return { type: "string", enum: schema.options };
    case "union":
    case "variant":
      return { anyOf: schema.options.map(toJsonSchema) };
    case "nullable":
      return { anyOf: [toJsonSchema(schema.wrapped), { type: "null" }] };
    case "optional":
      return { ...toJsonSchema(schema.wrapped), default: schema.default };
    case "exact_optional":
      return toJsonSchema(schema.wrapped);
    case "array":
      return { type: "array", items: toJsonSchema(schema.item) };
    case "record":
      return { type: "object", propertyNames: toJsonSchema(schema.key), additionalProperties: toJsonSchema(schema.value) };
    case "strict_object":
      return convertObject(Object.entries(schema.entries));
    default:
      throw new Error(`no JSON Schema for ${(schema as Any).type}`);
  }
}

function convertObject(entries: [string, Any][]): object {
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([key, schema]) => [key, toJsonSchema(schema)])),
    required: entries.filter(([, { type }]) => type !== "optional" && type !== "exact_optional").map(([key]) => key),
    additionalProperties: false,
  };
}

/** What an action of a pipe adds; those that JSON cannot break, like finiteness, add nothing. */
function constrain({ type, requirement }: Action, of: string): object {
  switch (type) {
    case "integer":
      return { type: "integer" };
    case "url":
      return { format: "uri" };
    case "regex":
      return { pattern: (requirement as RegExp).source }; // what a regex action requires
    case "min_value":
      return { minimum: requirement };
    case "max_value":
      return { maximum: requirement };
    case "min_length":
      return of === "array" ? { minItems: requirement } : { minLength: requirement };
    case "max_length":
      return of === "array" ? { maxItems: requirement } : { maxLength: requirement };
    default:
      return {};
  }
}

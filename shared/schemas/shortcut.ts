// A short way through a schema for what it takes as it is: a request has a hundred small values, and nearly all of them are fine.
import type * as v from "valibot";

/**
 * The schema, which looks at a value itself only where `takes` does not hold. That must be false for all that the schema refuses or
 * changes: what a value should have been is said by the schema alone.
 *
 * @example const Name = shortcut(v.pipe(v.string(), v.maxLength(64)), (value) => typeof value === "string" && value.length <= 64);
 */
export function shortcut<Schema extends v.GenericSchema>(schema: Schema, takes: (value: unknown) => boolean): Schema {
  const parse = schema["~run"].bind(schema);
  const run: typeof parse = (dataset, config) =>
    takes(dataset.value) ? { value: dataset.value, typed: true } : parse(dataset, config);
  return Object.assign(schema, { "~run": run });
}

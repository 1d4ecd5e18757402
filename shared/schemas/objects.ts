// JSON objects as valibot schemas. Valibot's own take arrays for objects, name the first unknown key only, say of a missing field no
// more than its name, and drop a record's entries called "constructor" or "prototype".
import * as v from "valibot";

type Issue = v.BaseIssue<unknown>;
type Config = v.Config<Issue>;

/** What a schema has made of an input so far. */
interface Result {
  readonly value: Record<string, unknown>;
  typed: boolean;
  issues?: Issue[];
}

/**
 * An object with these fields and no others. All that is wrong with it is found.
 *
 * @example const Flight = strictObject({ id: v.string(), endMs: v.nullable(int), note: v.exactOptional(v.string()) });
 */
export function strictObject<const Entries extends v.ObjectEntries>(entries: Entries): v.StrictObjectSchema<Entries, undefined> {
  const schema = v.strictObject(entries);
  const fields = Object.entries<v.GenericSchema>(entries).map(([key, field]) => ({ key, field, standard: standardOf(field) }));
  const known = new Set(Object.keys(entries));
  const run = ({ value: input }: v.UnknownDataset, config: Config) => {
    if (!isObject(input)) return { value: input, typed: false, issues: [issueOf(schema.type, input, schema.expects)] };
    const result: Result = { value: {}, typed: true };
    for (const { key, field, standard } of fields) {
      const value = Object.hasOwn(input, key) ? input[key] : standard;
      if (value !== LEFT_OUT) add(result, input, key, "value", field["~run"]({ value }, config));
    }
    for (const key in input) if (!known.has(key)) addUnknown(result, input, key);
    return result;
  };
  return Object.assign(schema, { "~run": run as (typeof schema)["~run"] }); // each field's own schema made the value
}

/**
 * An object of any names, each of which passes `key`, with values that pass `value`. `__proto__` is no name and left out.
 *
 * @example const Weights = record(v.pipe(v.string(), v.maxLength(256)), number);
 */
export function record<Key extends v.BaseSchema<string, string, Issue>, Value extends v.GenericSchema>(
  key: Key,
  value: Value,
): v.RecordSchema<Key, Value, undefined> {
  const schema = v.record(key, value);
  const run = ({ value: input }: v.UnknownDataset, config: Config) => {
    if (!isObject(input)) return { value: input, typed: false, issues: [issueOf(schema.type, input, schema.expects)] };
    const result: Result = { value: {}, typed: true };
    for (const name of Object.keys(input)) {
      if (name === "__proto__") continue;
      const named = key["~run"]({ value: name }, config);
      if (named.issues) add(result, input, name, "key", named);
      add(result, input, name, "value", value["~run"]({ value: input[name] }, config));
    }
    return result;
  };
  return Object.assign(schema, { "~run": run as (typeof schema)["~run"] }); // each entry's own schema made the value
}

const LEFT_OUT = Symbol("a field that may be missing, and is");

/** What a missing field is parsed from: its standard value, or undefined, of which its schema says what it wanted instead. */
function standardOf(field: v.GenericSchema & { readonly default?: unknown }): unknown {
  if (field.type !== "optional" && field.type !== "exact_optional") return undefined;
  return field.default === undefined ? LEFT_OUT : field.default;
}

/** Takes over what the schema of one entry has made of it; its issues lie one step deeper. */
function add(result: Result, input: object, key: string, origin: "key" | "value", entry: v.OutputDataset<unknown, Issue>): void {
  if (!entry.typed) result.typed = false;
  if (origin === "value") result.value[key] = entry.value;
  if (!entry.issues) return;
  for (const issue of entry.issues) {
    const step: v.IssuePathItem = { type: "unknown", origin, input, key, value: entry.value };
    (result.issues ??= []).push({ ...issue, path: [step, ...(issue.path ?? [])] });
  }
}

function addUnknown(result: Result, input: object, key: string): void {
  result.typed = false;
  const issue = issueOf("strict_object", key, "never");
  (result.issues ??= []).push({ ...issue, path: [{ type: "unknown", origin: "key", input, key, value: undefined }] });
}

function issueOf(type: string, input: unknown, expected: string): Issue {
  return { kind: "schema", type, input, expected, received: typeof input, message: "Invalid type" };
}

function isObject(input: unknown): input is Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

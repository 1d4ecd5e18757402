// A field of a task: one column of the data, and how it becomes features.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { int, positiveInt } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

export const fieldName = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const side = v.picklist(["context", "candidate"]);

/** How ids become table rows: a fitted vocabulary of the values seen at least `minCount` times, or a hash space. */
export const Ids = v.union([
  strictObject({ minCount: positiveInt, maxSize: v.exactOptional(positiveInt) }),
  strictObject({ hashSpace: v.pipe(positiveInt, v.maxValue(100_000_000)) }),
]);
export type Ids = v.InferOutput<typeof Ids>;

/** Whether a value is looked up as an embedding, or goes straight into the dense net as it is. */
const input = v.optional(v.picklist(["embedding", "value"]), "embedding");

const CategoricalField = strictObject({
  kind: v.literal("categorical"),
  name: fieldName,
  from: side,
  ids: v.optional(Ids, { minCount: 1 }),
});

/** `missing: "indicator"` gives a missing value a row (or an input) of its own; `"mean"` takes the training mean for it. */
const NumericField = strictObject({
  kind: v.literal("numeric"),
  name: fieldName,
  from: side,
  transform: v.optional(v.picklist(["standard", "log", "quantile"]), "standard"),
  buckets: v.optional(v.pipe(int, v.minValue(2), v.maxValue(1000)), 20),
  missing: v.optional(v.picklist(["indicator", "mean"]), "indicator"),
  input,
});

/** A set of ids: a JSON array, an object of id -> weight, or in text files one string split at `separator`. */
const MultiField = strictObject({
  kind: v.literal("multi"),
  name: fieldName,
  from: side,
  ids: v.optional(Ids, { minCount: 1 }),
  separator: v.optional(v.pipe(v.string(), v.minLength(1)), "|"),
  maxLength: v.optional(positiveInt, 100),
});

const TextField = strictObject({
  kind: v.literal("text"),
  name: fieldName,
  from: side,
  hashSpace: v.optional(positiveInt, 100_000),
  ngrams: v.optional(v.pipe(v.array(v.pipe(int, v.minValue(1), v.maxValue(5))), v.minLength(1)), [1, 2]),
  maxTokens: v.optional(positiveInt, 100),
});

const VectorField = strictObject({
  kind: v.literal("vector"),
  name: fieldName,
  from: side,
  dimension: v.pipe(positiveInt, v.maxValue(4096)),
  separator: v.optional(v.pipe(v.string(), v.minLength(1)), "|"),
  input,
});

/** Ids in time order, oldest first; the last `maxLength` are kept. */
const SequenceField = strictObject({
  kind: v.literal("sequence"),
  name: fieldName,
  from: side,
  ids: v.optional(Ids, { minCount: 1 }),
  separator: v.optional(v.pipe(v.string(), v.minLength(1)), "|"),
  maxLength: v.optional(positiveInt, 50),
});

/**
 * How often the label was 1, and 0, in the training data for the same values of the fields `of` ("target statistics"; He et al., 2014,
 * "Practical lessons from predicting clicks on ads at Facebook", call them historical statistics). Counts fall into buckets of 0, 1,
 * 2-3, 4-7 and so on; a training example is left out of its own. From the candidate's side where any of them is.
 */
const StatisticField = strictObject({
  kind: v.literal("statistic"),
  name: fieldName,
  from: side,
  of: list(fieldName, 1, 4),
  bucketCount: v.optional(v.pipe(int, v.minValue(2), v.maxValue(8)), 6),
});

/** A field: one column of the data, and how it becomes features. */
export const Field = v.variant("kind", [
  CategoricalField,
  NumericField,
  MultiField,
  TextField,
  VectorField,
  SequenceField,
  StatisticField,
]);
export type Field = v.InferOutput<typeof Field>;

// What a task is: one small file that names its fields, its label and its model. Everything else follows from it.
import * as z from "zod/mini";

/** A task's name, which is also the name that its models are published under. */
export const TaskName = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "lower-case letters, digits and hyphens, at most 64"));
const fieldName = z.string().check(z.minLength(1), z.maxLength(128));
const positiveInt = z.int().check(z.positive());
const side = z.enum(["context", "candidate"]);

/** How ids become table rows: a fitted vocabulary of the values seen at least `minCount` times, or a hash space. */
export const Ids = z.union([
  z.strictObject({ minCount: positiveInt, maxSize: z.optional(positiveInt) }),
  z.strictObject({ hashSpace: positiveInt.check(z.maximum(100_000_000)) }),
]);
export type Ids = z.infer<typeof Ids>;

/** Whether a value is looked up as an embedding, or goes straight into the dense net as it is. */
const input = z._default(z.enum(["embedding", "value"]), "embedding");

const CategoricalField = z.strictObject({
  kind: z.literal("categorical"),
  name: fieldName,
  from: side,
  ids: z._default(Ids, { minCount: 1 }),
});

/** `missing: "indicator"` gives a missing value a row (or an input) of its own; `"mean"` takes the training mean for it. */
const NumericField = z.strictObject({
  kind: z.literal("numeric"),
  name: fieldName,
  from: side,
  transform: z._default(z.enum(["standard", "log", "quantile"]), "standard"),
  buckets: z._default(z.int().check(z.minimum(2), z.maximum(1000)), 20),
  missing: z._default(z.enum(["indicator", "mean"]), "indicator"),
  input,
});

/** A set of ids: a JSON array, an object of id -> weight, or in text files one string split at `separator`. */
const MultiField = z.strictObject({
  kind: z.literal("multi"),
  name: fieldName,
  from: side,
  ids: z._default(Ids, { minCount: 1 }),
  separator: z._default(z.string().check(z.minLength(1)), "|"),
  maxLength: z._default(positiveInt, 100),
});

const TextField = z.strictObject({
  kind: z.literal("text"),
  name: fieldName,
  from: side,
  hashSpace: z._default(positiveInt, 100_000),
  ngrams: z._default(z.array(z.int().check(z.minimum(1), z.maximum(5))).check(z.minLength(1)), [1, 2]),
  maxTokens: z._default(positiveInt, 100),
});

const VectorField = z.strictObject({
  kind: z.literal("vector"),
  name: fieldName,
  from: side,
  dimension: positiveInt.check(z.maximum(4096)),
  separator: z._default(z.string().check(z.minLength(1)), "|"),
  input,
});

/** Ids in time order, oldest first; the last `maxLength` are kept. */
const SequenceField = z.strictObject({
  kind: z.literal("sequence"),
  name: fieldName,
  from: side,
  ids: z._default(Ids, { minCount: 1 }),
  separator: z._default(z.string().check(z.minLength(1)), "|"),
  maxLength: z._default(positiveInt, 50),
});

/** A field: one column of the data, and how it becomes features. */
export const Field = z.discriminatedUnion("kind", [
  CategoricalField,
  NumericField,
  MultiField,
  TextField,
  VectorField,
  SequenceField,
]);
export type Field = z.infer<typeof Field>;

export const Family = z.enum(["logistic", "fm", "deepfm", "dcn-v2", "mlp"]);
export type Family = z.infer<typeof Family>;

/**
 * The model: its family and its size. Options that a family has no use for are ignored by it. `crossRank` is that of DCN-v2's
 * low-rank cross layers, null for full ones; `embeddingBits` those of the rows as they are served.
 */
export const ModelSpec = z.strictObject({
  family: z._default(Family, "deepfm"),
  embeddingDimension: z._default(z.int().check(z.minimum(1), z.maximum(256)), 16),
  hidden: z._default(z.array(positiveInt.check(z.maximum(4096))).check(z.maxLength(8)), [64, 32]),
  crossLayers: z._default(z.int().check(z.minimum(1), z.maximum(8)), 3),
  crossRank: z._default(z.nullable(positiveInt.check(z.maximum(4096))), null),
  embeddingBits: z._default(z.union([z.literal(4), z.literal(8)]), 8),
  dropout: z._default(z.number().check(z.minimum(0), z.lt(1)), 0),
  batchNorm: z._default(z.boolean(), false),
});
export type ModelSpec = z.infer<typeof ModelSpec>;

/**
 * How the model learns. `patience` is in epochs without a better validation logloss. `l2*` are per-example penalties,
 * `l2 / 2 * |w|^2`, which under lazy updates catch up on the steps that a row was not touched.
 */
export const TrainingSpec = z.strictObject({
  optimizer: z._default(z.enum(["adam", "sgd", "adagrad"]), "adam"),
  learningRate: z._default(z.number().check(z.positive()), 0.001),
  schedule: z._default(z.enum(["constant", "plateau", "cosine"]), "constant"),
  batchSize: z._default(positiveInt, 1024),
  epochs: z._default(positiveInt, 10),
  patience: z._default(positiveInt, 2),
  l2Embedding: z._default(z.number().check(z.minimum(0)), 0),
  l2Dense: z._default(z.number().check(z.minimum(0)), 0),
});
export type TrainingSpec = z.infer<typeof TrainingSpec>;

/**
 * A task. `label` names the column that holds 0 or 1; `time`, when given, the column by which a single data file is split
 * (train before validation before test); `columns` names the columns of files without a header.
 *
 * @example
 * parse(Task, { name: "purchase", label: "bought", fields: [
 *   { kind: "numeric", name: "age", from: "context" } ] });
 */
export const Task = z
  .strictObject({
    $schema: z.optional(z.string()),
    name: TaskName,
    description: z.optional(z.string()),
    label: fieldName,
    time: z.optional(fieldName),
    columns: z.optional(z.array(fieldName).check(z.minLength(1))),
    fields: z.array(Field).check(z.minLength(1), z.maxLength(500)),
    model: z.prefault(ModelSpec, {}),
    training: z.prefault(TrainingSpec, {}),
  })
  .check((context) => {
    const seen = new Set<string>();
    context.value.fields.forEach((field, index) => {
      const duplicate = seen.has(field.name);
      if (duplicate || field.name === context.value.label) {
        context.issues.push({
          code: "custom",
          input: field.name,
          path: ["fields", index, "name"],
          message: duplicate ? `field "${field.name}" is declared twice` : `the label "${field.name}" cannot be a field`,
        });
      }
      if (field.kind === "numeric" && field.transform === "quantile" && field.input === "value") {
        const message = "quantile buckets are looked up, they have no value: leave input out";
        context.issues.push({ code: "custom", input: field.input, path: ["fields", index, "input"], message });
      }
      seen.add(field.name);
    });
  });
export type Task = z.infer<typeof Task>;

// What a task is: one small file that names its fields, its label and its model. Everything else follows from it.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { int, number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { TaskName } from "./task-name.ts";

const fieldName = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const positiveInt = v.pipe(int, v.gtValue(0));
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

/** Served as they are. */
export const ServedFamily = v.picklist(["logistic", "fm", "deepfm", "dcn-v2", "mlp"]);

/** Read the ids of sequence fields in their order, where all others see but the mean of them. Teachers too. */
export const HistoryFamily = v.picklist(["gru", "transformer", "convolution"]);

/** They learn the step on the way to the label beside the label (`through` of a task). */
export const JointFamily = v.picklist(["esmm", "mmoe"]);

/** Served as they are too, by retrieval of the best of all items; of which, `model.itemField` says. */
export const RetrievalFamily = v.picklist(["two-tower"]);

/** The others are teachers: they are served through a student that learns from them (`teachers` of a task). */
export const NetFamily = v.picklist([
  ...ServedFamily.options,
  ...RetrievalFamily.options,
  "fwfm",
  "auto-int",
  "final-mlp",
  ...HistoryFamily.options,
  ...JointFamily.options,
]);
export type NetFamily = v.InferOutput<typeof NetFamily>;

/** Boosted trees are a teacher that is no net. */
export const Family = v.picklist([...NetFamily.options, "trees"]);
export type Family = v.InferOutput<typeof Family>;

/**
 * The model: its family and its size. Options that a family has no use for are ignored by it. `crossRank` is that of DCN-v2's
 * low-rank cross layers, null for full ones; `attention*` are AutoInt's and the Transformer's, the dimension that of a head; `secondHidden`
 * is FinalMLP's second stream, null for one like the first, and `fusionHeads` its bilinear form's; `experts` are MMoE's, each of the layers
 * `hidden`, and `towerHidden` the layers of each of its towers; `towerDimension` is that of two-tower's query and of its items' vectors, and
 * `itemField` the candidate's field whose values are its items; the convolution has `convolutionFilters` filters over windows of each of
 * `convolutionHeights` ids; `embeddingBits` those of the rows as they are served.
 *
 * Trees have at most `leaves` leaves each, of at least `minLeafWeight` of second derivatives (an example has up to 1/4); `leafL2` is the
 * penalty on a leaf's value, and `categoryL2` is added to it where a split is by category; each tree sees `exampleShare` of the examples
 * and `columnShare` of the columns. An epoch is a tree: take some hundreds of epochs, a patience of dozens, and a learning rate near 0.05.
 */
export const ModelSpec = strictObject({
  family: v.optional(Family, "deepfm"),
  embeddingDimension: v.optional(v.pipe(int, v.minValue(1), v.maxValue(256)), 16),
  hidden: v.optional(list(v.pipe(positiveInt, v.maxValue(4096)), 0, 8), [64, 32]),
  crossLayers: v.optional(v.pipe(int, v.minValue(1), v.maxValue(8)), 3),
  crossRank: v.optional(v.nullable(v.pipe(positiveInt, v.maxValue(4096))), null),
  attentionLayers: v.optional(v.pipe(positiveInt, v.maxValue(8)), 2),
  attentionHeads: v.optional(v.pipe(positiveInt, v.maxValue(16)), 2),
  attentionDimension: v.optional(v.pipe(positiveInt, v.maxValue(256)), 16),
  secondHidden: v.optional(v.nullable(list(v.pipe(positiveInt, v.maxValue(4096)), 0, 8)), null),
  fusionHeads: v.optional(v.pipe(positiveInt, v.maxValue(64)), 1),
  experts: v.optional(v.pipe(positiveInt, v.maxValue(32)), 4),
  towerHidden: v.optional(list(v.pipe(positiveInt, v.maxValue(4096)), 0, 8), [16]),
  towerDimension: v.optional(v.pipe(positiveInt, v.maxValue(1024)), 32),
  itemField: v.exactOptional(fieldName),
  leaves: v.optional(v.pipe(int, v.minValue(2), v.maxValue(256)), 31),
  leafL2: v.optional(v.pipe(number, v.minValue(0)), 1),
  categoryL2: v.optional(v.pipe(number, v.minValue(0)), 10),
  minLeafWeight: v.optional(v.pipe(number, v.minValue(0)), 1),
  exampleShare: v.optional(v.pipe(number, v.gtValue(0), v.maxValue(1)), 1),
  columnShare: v.optional(v.pipe(number, v.gtValue(0), v.maxValue(1)), 1),
  convolutionFilters: v.optional(v.pipe(positiveInt, v.maxValue(1024)), 16),
  convolutionHeights: v.optional(list(v.pipe(positiveInt, v.maxValue(64)), 1, 16), [1, 2, 3, 4]),
  embeddingBits: v.optional(v.union([v.literal(4), v.literal(8)]), 8),
  dropout: v.optional(v.pipe(number, v.minValue(0), v.ltValue(1)), 0),
  batchNorm: v.optional(v.boolean(), false),
});
export type ModelSpec = v.InferOutput<typeof ModelSpec>;

/**
 * How the model learns. `patience` is in epochs without a better validation logloss. `l2*` are per-example penalties,
 * `l2 / 2 * |w|^2`, which under lazy updates catch up on the steps that a row was not touched.
 */
export const TrainingSpec = strictObject({
  optimizer: v.optional(v.picklist(["adam", "sgd", "adagrad"]), "adam"),
  learningRate: v.optional(v.pipe(number, v.gtValue(0)), 0.001),
  schedule: v.optional(v.picklist(["constant", "plateau", "cosine"]), "constant"),
  batchSize: v.optional(positiveInt, 1024),
  epochs: v.optional(positiveInt, 10),
  patience: v.optional(positiveInt, 2),
  l2Embedding: v.optional(v.pipe(number, v.minValue(0)), 0),
  l2Dense: v.optional(v.pipe(number, v.minValue(0)), 0),
});
export type TrainingSpec = v.InferOutput<typeof TrainingSpec>;

/** A model that another learns from. It is trained once for each of `seeds`, and on the task's own fields. */
const Teacher = strictObject({
  model: v.optional(ModelSpec, {}),
  training: v.optional(TrainingSpec, {}),
  seeds: v.optional(v.pipe(positiveInt, v.maxValue(20)), 1),
});
export type Teacher = v.InferOutput<typeof Teacher>;

/**
 * How the task's model learns from its teachers: its targets are `teacherShare` of what they say and the rest the label. With `folds`
 * above 1 they say it of examples that they did not learn from, which takes as many trainings more.
 */
const Distillation = strictObject({
  teacherShare: v.optional(v.pipe(number, v.gtValue(0), v.maxValue(1)), 0.5),
  folds: v.optional(v.pipe(positiveInt, v.maxValue(10)), 1),
});

const TaskParts = strictObject({
  $schema: v.exactOptional(v.string()),
  name: TaskName,
  description: v.exactOptional(v.string()),
  label: fieldName,
  through: v.exactOptional(fieldName),
  time: v.exactOptional(fieldName),
  columns: v.exactOptional(v.pipe(v.array(fieldName), v.minLength(1))),
  fields: list(Field, 1, 500),
  model: v.optional(ModelSpec, {}),
  training: v.optional(TrainingSpec, {}),
  teachers: v.exactOptional(list(Teacher, 1, 20)),
  distillation: v.optional(Distillation, {}),
});
type TaskParts = v.InferOutput<typeof TaskParts>;

interface TaskProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The step on the way to the label: whether it is one, and where a family needs it. */
/** The families that a task names, the model's own and its teachers', with their paths. */
function namedFamilies({ model, teachers = [] }: TaskParts): { readonly family: Family; readonly path: (string | number)[] }[] {
  return [
    { family: model.family, path: ["model", "family"] },
    ...teachers.map(({ model: { family } }, index) => ({ family, path: ["teachers", index, "model", "family"] })),
  ];
}

/** Of a task whose families read histories: that there is one. */
function findHistoryProblems(task: TaskParts): TaskProblem[] {
  if (task.fields.some(({ kind }) => kind === "sequence")) return [];
  return namedFamilies(task)
    .filter(({ family }) => v.is(HistoryFamily, family))
    .map(({ family, path }) => ({
      path,
      message: `${family} reads histories in order: give the task a field of the kind "sequence", or take another family`,
    }));
}

function findThroughProblems(task: TaskParts): TaskProblem[] {
  const { label, through, fields } = task;
  if (through === undefined) {
    return namedFamilies(task)
      .filter(({ family }) => v.is(JointFamily, family))
      .map(({ family, path }) => ({
        path,
        message: `${family} learns the step on the way to the label too: name its column under "through"`,
      }));
  }
  if (through === label) return [{ path: ["through"], message: `"${label}" is the label itself: name the step before it` }];
  const index = fields.findIndex(({ name }) => name === through);
  const message = `the step "${through}" is known only after the fact: it cannot be a field`;
  return index < 0 ? [] : [{ path: ["fields", index, "name"], message }];
}

/** Of a task that retrieves: its items, and that nothing about them depends on the context. */
function findItemProblems({ fields, model: { family, itemField } }: TaskParts): TaskProblem[] {
  if (!v.is(RetrievalFamily, family)) return [];
  const problems: TaskProblem[] = [];
  const field = fields.find(({ name }) => name === itemField);
  if (field?.from !== "candidate" || field.kind !== "categorical" || "hashSpace" in field.ids) {
    const message = `${family} needs the items' ids: name a categorical field of the candidate's, with a vocabulary`;
    problems.push({ path: ["model", "itemField"], message });
  }
  if (!fields.some(({ from }) => from === "context")) {
    problems.push({ path: ["fields"], message: `${family} needs a field of the context's, to tell whom the items are for` });
  }
  fields.forEach((other, index) => {
    if (other.kind !== "statistic" || other.from === "context") return;
    if (other.of.every((name) => fields.find((counted) => counted.name === name)?.from === "candidate")) return;
    const message = `${family} computes the items before it knows the context: count values of the candidate alone`;
    problems.push({ path: ["fields", index, "of"], message });
  });
  return problems;
}

/**
 * A task. `label` names the column that holds 0 or 1; `time`, when given, the column by which a single data file is split
 * (train before validation before test); `columns` names the columns of files without a header. `through`, when given, names a
 * column of 0 and 1 too, the step on the way to the label: without it there is no 1. With the label `converted` through `clicked`, a
 * model over all impressions learns from clicks also where conversions are few (see `JointFamily`).
 *
 * @example
 * parse(Task, { name: "purchase", label: "bought", fields: [
 *   { kind: "numeric", name: "age", from: "context" } ] });
 */
export const Task = v.pipe(
  TaskParts,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { fields, label } = dataset.value;
    const step = (key: string | number): v.IssuePathItem => ({
      type: "unknown",
      origin: "value",
      input: fields,
      key,
      value: undefined,
    });
    const refuse = (index: number, key: "name" | "input" | "of" | "from", message: string) =>
      addIssue({ message, path: [step("fields"), step(index), step(key)] });
    const seen = new Set<string>();
    fields.forEach((field, index) => {
      if (seen.has(field.name)) refuse(index, "name", `field "${field.name}" is declared twice`);
      else if (field.name === label) refuse(index, "name", `the label "${label}" cannot be a field`);
      if (field.kind === "numeric" && field.transform === "quantile" && field.input === "value") {
        refuse(index, "input", "quantile buckets are looked up, they have no value: leave input out");
      }
      seen.add(field.name);
      if (field.kind !== "statistic") return;
      const counted = field.of.map((name) => fields.find((other) => other.name === name && other.kind !== "statistic"));
      if (counted.includes(undefined)) refuse(index, "of", "of names fields of the task, which are not statistics themselves");
      else if (field.from === "context" && counted.some((other) => other?.from === "candidate")) {
        refuse(index, "from", 'counts values of a candidate: it is from "candidate"');
      }
    });
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const input = dataset.value;
    const step = (key: string | number): v.IssuePathItem => ({ type: "unknown", origin: "value", input, key, value: undefined });
    for (const { path, message } of [...findHistoryProblems(input), ...findThroughProblems(input), ...findItemProblems(input)]) {
      addIssue({ message, path: path.map(step) as [v.IssuePathItem, ...v.IssuePathItem[]] }); // no path is empty
    }
  }),
);
export type Task = v.InferOutput<typeof Task>;

// Small encoded data sets made from a seed, for tests of the engine.
import type { Bags } from "../../../shared/features/bags.ts";
import type { FeatureMap, FittedField } from "../../../shared/features/feature-map.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import type { ModelSpec } from "../../../shared/tasks/model-spec.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { TrainingSpec } from "../../../shared/tasks/training-spec.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";

/** Two context fields, a number that goes in by value, a history of 0 to 4 ids, and a candidate field with bags of 0 to 3 weighted ids. */
export function mixedMap(rowsPerField = 12): FeatureMap {
  const ids = { vocabulary: Array.from({ length: rowsPerField - 2 }, (_, i) => `v${i}`) };
  const row = (index: number) => ({ firstRow: index * rowsPerField, rowCount: rowsPerField });
  const fields: FittedField[] = [
    { kind: "categorical", name: "a", from: "context", ...row(0), ids },
    { kind: "categorical", name: "b", from: "context", ...row(1), ids },
    { ...valueField("c", "context", 2 * rowsPerField), missing: "indicator" },
    {
      kind: "sequence",
      name: "history",
      from: "context",
      firstRow: 2 * rowsPerField + 2,
      rowCount: rowsPerField,
      ids,
      separator: "|",
      maxLength: 4,
    },
    {
      kind: "multi",
      name: "d",
      from: "candidate",
      firstRow: 3 * rowsPerField + 2,
      rowCount: rowsPerField,
      ids,
      separator: "|",
      maxLength: 3,
    },
  ];
  return { version: 1, fields, rowCount: 4 * rowsPerField + 2 };
}

/** Three numbers by value and nothing else: the small worked example. */
export function valuesMap(): FeatureMap {
  const fields = ["age", "income", "timeOnSite"].map((name, index) => valueField(name, "context", index * 2));
  return { version: 1, fields, rowCount: 6 };
}

function valueField(name: string, from: "context" | "candidate", firstRow: number): FittedField & { kind: "numeric" } {
  const fitted = { transform: "standard", mean: 0, standardDeviation: 1, missing: "mean", input: "value" } as const;
  return { kind: "numeric", name, from, firstRow, rowCount: 2, ...fitted };
}

/** Examples whose labels follow a hidden linear rule over the rows, with noise. */
export function randomDataset(map: FeatureMap, count: number, seed: number): Dataset {
  const random = new Random(seed);
  const taste = new Random(77).fillUniform(new Float32Array(map.rowCount), 3);
  const logits = new Float64Array(count);
  const context = randomBags(map, "context", logits, taste, random);
  const candidate = randomBags(map, "candidate", logits, taste, random);
  const labels = Uint8Array.from(logits, (logit) => (random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0));
  const through = labels.map((label) => (label === 1 || random.uniform() < 0.3 ? 1 : 0));
  return { context, candidate, labels, through, timesMs: null };
}

function randomBags(
  map: FeatureMap,
  side: "context" | "candidate",
  logits: Float64Array,
  taste: Float32Array,
  random: Random,
): Bags {
  const fields = map.fields.filter(({ from }) => from === side);
  const offsets = [0];
  const rows: number[] = [];
  const weights: number[] = [];
  const add = (example: number, row: number, weight: number) => {
    rows.push(row);
    weights.push(weight);
    logits[example] = logits[example]! + weight * taste[row]!;
  };
  for (let example = 0; example < logits.length; example++) {
    for (const field of fields) {
      if (field.kind === "numeric") add(example, field.firstRow + 1, random.uniform() * 2 - 1);
      else {
        const length = "maxLength" in field ? random.uint32() % (field.maxLength + 1) : 1;
        for (let k = 0; k < length; k++) add(example, field.firstRow + 1 + (random.uint32() % (field.rowCount - 1)), 1 / length);
        if (length === 0) add(example, field.firstRow, 1); // as the encoder does
      }
      offsets.push(rows.length);
    }
  }
  const arrays = { offsets: Int32Array.from(offsets), rows: Int32Array.from(rows), weights: Float32Array.from(weights) };
  return { fieldCount: fields.length, count: logits.length, ...arrays };
}

/** A task for a map that is already fitted: its fields are not looked at again. */
export function taskWith(model: Partial<ModelSpec>, training: Partial<TrainingSpec>): Task {
  return parse(Task, {
    name: "synthetic",
    label: "y",
    through: "onTheWay",
    fields: [
      { kind: "sequence", name: "x", from: "context" },
      { kind: "categorical", name: "item", from: "candidate" },
    ],
    model: { itemField: "item", ...model },
    training,
  });
}

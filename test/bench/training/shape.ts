// What is trained: DeepFM over made-up examples, the same for every trainer.
import type { Bags } from "../../../shared/features/bags.ts";
import type { FeatureMap } from "../../../shared/features/feature-map.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";
import { EmbeddingTable } from "../../../training/engine/table.ts";
import { UPDATE_RULES } from "../../../training/engine/update-rule.ts";
import { deepfm } from "../../../training/model/deepfm.ts";
import type { Parameter } from "../../../training/model/net.ts";

export const BATCH_SIZE = 4096;
export const LEARNING_RATE = 0.001;
export const EMBEDDING_DIMENSION = 10;
export const SEED = 1;

export type ShapeName = "small" | "large";

/** Of Frappe's size, and of a large click log's. */
const SHAPES: Readonly<Record<ShapeName, { readonly fields: number; readonly rows: number }>> = {
  small: { fields: 10, rows: 5400 },
  large: { fields: 26, rows: 1_000_000 },
};

/** As many batches as are ever trained on before they come round again. */
const BATCHES = 32;

export interface TrainingShape {
  readonly task: Task;
  readonly featureMap: FeatureMap;
  readonly data: Dataset;
  /** Every example has one row a field: [examples * fields]. */
  readonly rows: Int32Array;
}

/** Ids are drawn as 1 / rank is distributed, so that a few are frequent and most are rare. */
export function createShape(name: ShapeName): TrainingShape {
  const { fields, rows } = SHAPES[name];
  const perField = Math.floor(rows / fields);
  const names = Array.from({ length: fields }, (_, index) => `f${index}`);
  const task = parse(Task, {
    name: "bench",
    label: "y",
    fields: names.map((field) => ({ kind: "categorical", name: field, from: "candidate", ids: { hashSpace: perField - 1 } })),
    model: { family: "deepfm", embeddingDimension: EMBEDDING_DIMENSION, hidden: [400, 400, 400] },
    training: { batchSize: BATCH_SIZE, learningRate: LEARNING_RATE },
  });
  const ids = { hashSpace: perField - 1, hashVersion: 1 } as const;
  const fitted = names.map(
    (field, index) =>
      ({ kind: "categorical", name: field, from: "candidate", firstRow: index * perField, rowCount: perField, ids }) as const,
  );
  const random = new Random(SEED);
  const count = BATCHES * BATCH_SIZE;
  const drawn = Int32Array.from({ length: count * fields }, (_, index) => {
    const rank = Math.floor(perField ** random.uniform());
    return (index % fields) * perField + Math.min(perField, rank) - 1;
  });
  const candidate: Bags = {
    fieldCount: fields,
    count,
    offsets: ascending(count * fields + 1),
    rows: drawn,
    weights: new Float32Array(drawn.length).fill(1),
  };
  const context: Bags = {
    fieldCount: 0,
    count,
    offsets: Int32Array.of(0),
    rows: new Int32Array(0),
    weights: new Float32Array(0),
  };
  const labels = Uint8Array.from({ length: count }, () => (random.uniform() < 0.3 ? 1 : 0));
  const featureMap: FeatureMap = { version: 1, fields: fitted, rowCount: perField * fields };
  return { task, featureMap, data: { context, candidate, labels, timesMs: null }, rows: drawn };
}

/** What every trainer begins with: the table [rows, EMBEDDING_DIMENSION], and the net's matrices and biases in order; all else is 0. */
export function initialValues({ task, featureMap }: TrainingShape): { table: Float32Array; dense: readonly Parameter[] } {
  const random = new Random(SEED);
  const embeddedColumns = featureMap.fields.map((_, index) => index * EMBEDDING_DIMENSION);
  const width = embeddedColumns.length * EMBEDDING_DIMENSION;
  const shape = { width, contextWidth: width, embeddingDimension: EMBEDDING_DIMENSION, embeddedColumns };
  const net = deepfm(task.model, shape, random.fork("net"));
  const { rowCount } = featureMap;
  const options = { rowCount, dimension: EMBEDDING_DIMENSION, rule: UPDATE_RULES.adam, l2: 0, random: random.fork("table") };
  return { table: new EmbeddingTable(options).vectors.values, dense: net.terms.flatMap(({ parameters }) => parameters) };
}

export const ascending = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index);

/** First example of a step's batch; batches come round. */
export const firstExample = (step: number): number => (step % BATCHES) * BATCH_SIZE;

// The families over the visitor's history: they learn what only the order says, and do not see how far a history is padded.
import { beforeAll, describe, expect, it } from "vitest";
import type { FeatureMap, FittedField } from "../../../shared/features/feature-map.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { type Family, HistoryFamily } from "../../../shared/tasks/family.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { openDevice } from "../../../training/engine/device.ts";
import { HostLearner } from "../../../training/engine/learner.ts";
import { Random } from "../../../training/engine/random.ts";
import { trainModel } from "../../../training/engine/train-model.ts";
import { taskWith } from "../engine/synthetic.ts";

const ROWS = 8;
const FIRST_ITEM = 1;

/** A history of ids, and an item; each field has the row of "missing" and seven ids. */
function mapWith(maxLength: number, itemFrom: "context" | "candidate" = "candidate"): FeatureMap {
  const ids = { hashSpace: ROWS - 1, hashVersion: 1 } as const;
  const history: FittedField = {
    ...{ kind: "sequence", name: "history", from: "context", firstRow: 0, rowCount: ROWS },
    ...{ ids, separator: "|", maxLength },
  } as const;
  const item: FittedField = { kind: "categorical", name: "item", from: itemFrom, firstRow: ROWS, rowCount: ROWS, ids };
  return { version: 1, fields: [history, item], rowCount: 2 * ROWS };
}

interface Visit {
  readonly history: readonly number[];
  readonly item: number;
  readonly label: number;
}

/** As the encoder writes it: a mean, and the row of "missing" for no ids. */
function datasetOf(visits: readonly Visit[]): Dataset {
  const bags = visits.map(({ history }) => (history.length === 0 ? [0] : history));
  let end = 0;
  const offsets = Int32Array.from([0, ...bags.map(({ length }) => (end += length))]);
  const weights = Float32Array.from(bags.flatMap((bag) => bag.map(() => 1 / bag.length)));
  return {
    context: { fieldCount: 1, count: visits.length, offsets, rows: Int32Array.from(bags.flat()), weights },
    candidate: {
      fieldCount: 1,
      count: visits.length,
      offsets: Int32Array.from({ length: visits.length + 1 }, (_, example) => example),
      rows: Int32Array.from(visits, ({ item }) => ROWS + item),
      weights: new Float32Array(visits.length).fill(1),
    },
    labels: Uint8Array.from(visits, ({ label }) => label),
    timesMs: null,
  };
}

/** Of two ids that each history has among others, the label says which came first. */
function orderedVisits(count: number, seed: number): Visit[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const others = Array.from({ length: random.uint32() % 3 }, () => FIRST_ITEM + 2 + (random.uint32() % 5));
    const ids = [...random.shuffle(Int32Array.of(FIRST_ITEM, FIRST_ITEM + 1, ...others))];
    const label = ids.indexOf(FIRST_ITEM) < ids.indexOf(FIRST_ITEM + 1) ? 1 : 0;
    return { history: ids, item: FIRST_ITEM + (random.uint32() % 7), label };
  });
}

const smallSpec = (family: Family) => ({ family, embeddingDimension: 8, hidden: [16], attentionDimension: 4 });

async function bestLogloss(family: Family): Promise<number> {
  const task = taskWith(smallSpec(family), { batchSize: 64, epochs: 15, patience: 4, learningRate: 0.01 });
  const [train, valid] = [datasetOf(orderedVisits(1000, 1)), datasetOf(orderedVisits(300, 2))];
  const { history } = await trainModel({ task, featureMap: mapWith(4), train, valid, device: "wasm", seed: 1 });
  return Math.min(...history.map(({ validLogloss }) => validLogloss));
}

describe("which of two ids came first", () => {
  it.each(HistoryFamily.options)("is learnt by %s", { timeout: 120_000 }, async (family) => {
    expect(await bestLogloss(family)).toBeLessThan(0.2);
  });

  it("is not to be learnt from the mean of their embeddings", async () => {
    expect(await bestLogloss("mlp")).toBeGreaterThan(Math.LN2 - 0.01);
  });
});

describe.each(HistoryFamily.options)("%s", (family) => {
  beforeAll(() => openDevice("wasm"));

  const visits = [[], [3], [1, 2], [2, 1], [5, 5, 4]].map((history, index) => ({ history, item: 2, label: index % 2 }));
  const order = Int32Array.from(visits, (_, index) => index);
  /** After a few steps, which would have biases that begin at 0 say something where nothing is. */
  const learntLogits = async (maxLength: number) => {
    const learner = new HostLearner(taskWith(smallSpec(family), { optimizer: "sgd" }), mapWith(maxLength), new Random(4));
    const data = datasetOf(visits);
    for (let step = 0; step < 5; step++) await learner.step(data, order, 0, visits.length, 0.1);
    return learner.logits(data, order, 0, visits.length);
  };

  it("learns and says the same however far histories are padded, an empty one too", async () => {
    const [short, long] = [await learntLogits(3), await learntLogits(9)];
    expect(short.every(Number.isFinite)).toBe(true);
    expect(new Set(short).size).toBe(visits.length);
    for (const [index, logit] of short.entries()) expect(long[index]).toBeCloseTo(logit, 5);
  });

  it.each([1, 3])("needs no field of the candidate, and a history of %i at most", async (maxLength) => {
    const learner = new HostLearner(taskWith(smallSpec(family), {}), mapWith(maxLength, "context"), new Random(4));
    const { context, ...data } = datasetOf([{ history: [3], item: 2, label: 1 }]);
    const rows = {
      fieldCount: 2,
      offsets: Int32Array.of(0, 1, 2),
      rows: Int32Array.of(3, ROWS + 2),
      weights: Float32Array.of(1, 1),
    };
    const candidate = { ...context, fieldCount: 0, offsets: Int32Array.of(0) };
    const step = () => learner.step({ ...data, context: { ...context, ...rows }, candidate }, Int32Array.of(0), 0, 1, 0.01);
    const first = await step();
    expect(await step()).toBeLessThan(first);
  });

  it("is refused where a task has no sequence", () => {
    const fields = [{ kind: "categorical", name: "item", from: "candidate" }];
    const task = { name: "orders", label: "y", fields };
    const refused = (more: object, path: string) =>
      expect(() => parse(Task, { ...task, ...more })).toThrow(expect.objectContaining({ code: "custom", path }));
    refused({ model: { family } }, "model.family");
    refused({ teachers: [{ model: { family: "fm" } }, { model: { family } }] }, "teachers[1].model.family");
  });

  it("is refused where the fitted features have no sequence", () => {
    const { fields, ...map } = mapWith(3);
    const learner = () => new HostLearner(taskWith(smallSpec(family), {}), { ...map, fields: fields.slice(1) }, new Random(4));
    expect(learner).toThrow(expect.objectContaining({ code: "history_missing", path: "model.family" }));
  });
});

// Recall of a retriever whose best are known.
import { expect, it } from "vitest";
import type { Bags } from "../../../shared/features/bags.ts";
import type { Retriever } from "../../../shared/scoring/retriever.ts";
import type { Items } from "../../../training/dataset/collect-items.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { measureRecall } from "../../../training/evaluate/recall.ts";

/** An example's one row is its context's on one side, its item on the other. */
function dataOf(examples: readonly (readonly [context: number, item: number, label: 0 | 1])[]): Dataset {
  const bagsOf = (rows: readonly number[]): Bags => ({
    fieldCount: 1,
    count: rows.length,
    offsets: Int32Array.from({ length: rows.length + 1 }, (_, k) => k),
    rows: Int32Array.from(rows),
    weights: new Float32Array(rows.length).fill(1),
  });
  return {
    context: bagsOf(examples.map(([context]) => context)),
    candidate: bagsOf(examples.map(([, item]) => item)),
    labels: Uint8Array.from(examples, ([, , label]) => label),
    timesMs: null,
  };
}

const ids = Array.from({ length: 20 }, (_, item) => `item-${item}`);
const items: Items = {
  ids,
  candidates: dataOf([]).candidate,
  indexOf: ({ candidate }, example) => candidate.rows[candidate.offsets[example]!]!,
};

/** Likes the item of the context's number best, then the one after it. */
const retriever: Retriever = {
  itemCount: 20,
  idOf: (item) => ids[item]!,
  retrieve: ({ rows, offsets }, wanted) => {
    const indices = Int32Array.from({ length: wanted }, (_, rank) => (rows[offsets[0]!]! + rank) % 20);
    return { indices, scores: new Float32Array(wanted) };
  },
  selectBest: (scores, wanted) => {
    const indices = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
    return { indices: indices.slice(0, wanted), scores: new Float32Array(wanted) };
  },
};

const featureMap = { version: 1, fields: [], rowCount: 1 } as const;

it("counts the wanted items among the best tenth, beside those that most wanted in training", () => {
  const train = dataOf([
    [0, 7, 1],
    [1, 7, 1],
    [2, 9, 1],
    [3, 4, 0],
    [4, 4, 0],
    [4, 4, 0],
    [5, -1, 1],
  ]);
  const valid = dataOf([
    [3, 4, 1],
    [3, 3, 1],
    [3, 5, 1],
    [3, 7, 1],
    [3, -1, 1],
    [3, 4, 0],
  ]);
  const recall = measureRecall(
    retriever,
    { featureMap: { ...featureMap, fields: [] }, train, valid, test: null, dataRange: null },
    items,
  );
  expect(recall).toEqual({ retrieved: 2, served: { valid: 2 / 5, test: null }, popular: { valid: 1 / 5, test: null } });
});

it("is null where nothing was wanted", () => {
  const none = dataOf([[1, 1, 0]]);
  const splits = { featureMap: { ...featureMap, fields: [] }, train: none, valid: none, test: none, dataRange: null };
  expect(measureRecall(retriever, splits, items).served).toEqual({ valid: null, test: null });
});

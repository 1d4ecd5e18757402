// Some of a dataset's examples are the same examples.
import { expect, it } from "vitest";
import { sliceBags } from "../../../shared/features/bags.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { selectExamples } from "../../../training/dataset/select-examples.ts";

const bags = { fieldCount: 2, count: 3, offsets: Int32Array.of(0, 1, 3, 3, 4, 6, 7), rows: Int32Array.of(5, 6, 7, 8, 9, 10, 11) };
const data: Dataset = {
  context: { ...bags, weights: Float32Array.of(1, 0.5, 0.5, 1, 2, 3, 4) },
  candidate: { fieldCount: 0, count: 3, offsets: Int32Array.of(0), rows: new Int32Array(0), weights: new Float32Array(0) },
  labels: Uint8Array.of(0, 1, 0),
  through: Uint8Array.of(0, 1, 1),
  timesMs: Float64Array.of(10, 20, 30),
};

it("copies bags, labels, steps and times of the chosen, in their order", () => {
  const { context, candidate, labels, through, timesMs } = selectExamples(data, Int32Array.of(2, 0));
  expect([...labels]).toEqual([0, 0]);
  expect([...through!]).toEqual([1, 0]);
  expect([...timesMs!]).toEqual([30, 10]);
  expect(candidate.count).toBe(2);
  expect([...context.offsets]).toEqual([0, 2, 3, 4, 6]);
  expect([...context.rows]).toEqual([9, 10, 11, 5, 6, 7]);
  expect([...context.weights]).toEqual([2, 3, 4, 1, 0.5, 0.5]);
});

it("reads views whose offsets begin elsewhere", () => {
  const view = { ...data, context: sliceBags(data.context, 1, 2), candidate: { ...data.candidate, count: 2 } };
  expect([...selectExamples(view, Int32Array.of(0)).context.rows]).toEqual([8]);
});

// The second half of the way is judged on the examples that took the first.
import { expect, it } from "vitest";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { evaluateAfterThrough } from "../../../training/evaluate/after-through.ts";

const empty = { fieldCount: 0, offsets: Int32Array.of(0), rows: new Int32Array(0), weights: new Float32Array(0) };
function dataOf(labels: readonly number[], through: readonly number[]): Dataset {
  const bags = { ...empty, count: labels.length };
  return { context: bags, candidate: bags, labels: Uint8Array.from(labels), through: Uint8Array.from(through), timesMs: null };
}

/** As likely as the label itself. */
const oracle = ({ labels }: Dataset) => Float32Array.from(labels, (label) => 2 * label - 1);
const judge = (splits: { valid: Dataset; test: Dataset }) =>
  evaluateAfterThrough({ valid: oracle(splits.valid), test: oracle(splits.test) }, splits);

it("leaves out what did not take the step", () => {
  const valid = dataOf([1, 0, 0, 0, 1, 0], [1, 1, 0, 0, 1, 1]);
  const test = dataOf([0, 0, 1], [0, 1, 1]);
  const found = judge({ valid, test });
  expect(found!.valid).toMatchObject({ examples: 4, auc: 1 });
  expect(found!.test).toMatchObject({ examples: 2, auc: 1 });
});

it("says nothing where nobody took it", () => {
  const [some, none] = [dataOf([1, 0], [1, 1]), dataOf([0, 0], [0, 0])];
  expect(judge({ valid: none, test: some })).toBeNull();
  expect(judge({ valid: some, test: none })!.test).toBeNull();
});

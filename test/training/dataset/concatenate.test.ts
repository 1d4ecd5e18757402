// Parts of a dataset put together again are the dataset, in memory that was used before.
import fc from "fast-check";
import { expect, it } from "vitest";
import { Concatenation } from "../../../training/dataset/concatenate.ts";
import { selectExamples } from "../../../training/dataset/select-examples.ts";
import { mixedMap, randomDataset } from "../engine/synthetic.ts";

const whole = { ...randomDataset(mixedMap(), 50, 1), timesMs: Float64Array.from({ length: 50 }, (_, index) => index) };
const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, index) => from + index);

it("a dataset cut anywhere comes together again", () => {
  const concatenation = new Concatenation(whole.context.fieldCount, whole.candidate.fieldCount);
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 5 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), 50];
      concatenation.clear();
      for (let part = 1; part < at.length; part++) concatenation.add(selectExamples(whole, range(at[part - 1]!, at[part]!)));
      expect(concatenation.view()).toEqual(whole);
    }),
  );
});

it("times are dropped where a part has none", () => {
  const concatenation = new Concatenation(whole.context.fieldCount, whole.candidate.fieldCount);
  concatenation.add(whole);
  concatenation.add({ ...whole, timesMs: null });
  expect(concatenation.view().timesMs).toBeNull();
  concatenation.clear();
  concatenation.add(whole);
  expect(concatenation.view()).toEqual(whole);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../training/engine/random.ts";
import { fillHistogram, layOut, subtractHistogram } from "../../../training/trees/histogram.ts";

const COUNT = 60;
const random = new Random(3);
const data = {
  count: COUNT,
  bins: Uint8Array.from({ length: 2 * COUNT }, (_, at) => random.uint32() % (at < COUNT ? 4 : 9)),
  binCounts: [4, 9],
  isCategory: [false, true],
};
const derivatives = {
  gradients: Float64Array.from({ length: COUNT }, () => random.uniform() - 0.5),
  hessians: Float64Array.from({ length: COUNT }, () => random.uniform() / 4),
};
const offsets = layOut(data);
const columns = Int32Array.of(0, 1);
const scratch = new Float64Array(2 * COUNT);

function histogramOf(examples: readonly number[]): Float64Array {
  const histogram = new Float64Array(offsets.at(-1)!).fill(9); // as one that was used before
  fillHistogram(histogram, data, offsets, columns, Int32Array.from(examples), derivatives, scratch);
  return histogram;
}

describe("a histogram", () => {
  it("holds the sums of each bin", () => {
    const histogram = histogramOf([5, 7, 11]);
    for (const bin of [0, 1, 2, 3]) {
      const held = [5, 7, 11].filter((example) => data.bins[example] === bin);
      const sum = (values: Float64Array) => held.reduce((total, example) => total + values[example]!, 0);
      const wanted = [sum(derivatives.gradients), sum(derivatives.hessians), held.length];
      expect([...histogram.subarray(3 * bin, 3 * bin + 3)]).toEqual(wanted);
    }
  });

  it("less that of one child is that of the other, with exact counts", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(COUNT - 1)), (chosen) => {
        const all = Array.from({ length: COUNT }, (_, example) => example);
        const parent = histogramOf(all);
        subtractHistogram(parent, histogramOf(chosen));
        const sibling = histogramOf(all.filter((example) => !chosen.includes(example)));
        parent.forEach((value, at) => {
          if (at % 3 === 2) expect(value).toBe(sibling[at]);
          else expect(value).toBeCloseTo(sibling[at]!, 12);
        });
      }),
    );
  });
});

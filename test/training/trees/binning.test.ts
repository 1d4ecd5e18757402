import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binCategories, binNumbers } from "../../../training/trees/binning.ts";

describe("bins", () => {
  it("of few values are one a value, with boundaries half way", () => {
    const { binCount, binOf } = binNumbers(Float32Array.of(5, 1, Number.NaN, 1, 2));
    expect(binCount).toBe(4);
    expect([-9, 1, 1.4, 1.6, 2, 3.4, 3.6, 99].map(binOf)).toEqual([1, 1, 1, 2, 2, 2, 3, 3]);
  });

  it("of many values hold about as many each, but for a value that is often there, which has its own", () => {
    const values = Float32Array.from({ length: 3000 }, (_, index) => (index < 1000 ? 0 : index));
    const { binCount, binOf } = binNumbers(values, 11);
    expect(binCount).toBe(12);
    const counts = new Array<number>(12).fill(0);
    for (const value of values) counts[binOf(value)]!++;
    expect(counts.slice(0, 2)).toEqual([0, 1000]);
    for (const count of counts.slice(2)) expect(Math.abs(count - 200)).toBeLessThan(3);
  });

  it("keep the order of values, within 1 .. binCount - 1", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })),
        fc.integer({ min: 2, max: 255 }),
        (list, maxBins) => {
          const { binCount, binOf } = binNumbers(Float32Array.from(list), maxBins);
          const sorted = [...list].sort((a, b) => a - b).map(binOf);
          expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
          expect(binCount).toBeLessThanOrEqual(maxBins + 1);
          for (const bin of sorted) expect(bin >= 1 && bin < binCount).toBe(true);
        },
      ),
    );
  });

  it("of categories go to the most frequent, and the last one to all others, seen or not", () => {
    const { binCount, binOf } = binCategories(Float32Array.of(7, 7, 7, 4, 4, 9, 8, Number.NaN), 3);
    expect(binCount).toBe(4);
    expect([7, 4, 9, 8, 1000].map(binOf)).toEqual([1, 2, 3, 3, 3]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BinnedColumns } from "../../../training/trees/binning.ts";
import { fillHistogram, layOut } from "../../../training/trees/histogram.ts";
import { findSplit, type SplitOptions } from "../../../training/trees/split.ts";

const FREE: SplitOptions = { leafL2: 0, categoryL2: 0, minLeafWeight: 0 };

interface Example {
  readonly bin: number;
  readonly gradient: number;
  readonly hessian: number;
}

/** One column of the examples' bins. */
function columnOf(examples: readonly Example[], isCategory: boolean, binCount = 6): BinnedColumns {
  const bins = Uint8Array.from(examples, ({ bin }) => bin);
  return { count: examples.length, bins, binCounts: [binCount], isCategory: [isCategory] };
}

const sumOf = (examples: readonly Example[]) => ({
  gradient: examples.reduce((sum, { gradient }) => sum + gradient, 0),
  hessian: examples.reduce((sum, { hessian }) => sum + hessian, 0),
  count: examples.length,
});

function splitOf(examples: readonly Example[], isCategory: boolean, options = FREE) {
  const data = columnOf(examples, isCategory);
  const offsets = layOut(data);
  const histogram = new Float64Array(offsets.at(-1)!);
  const derivatives = {
    gradients: Float64Array.from(examples, ({ gradient }) => gradient),
    hessians: Float64Array.from(examples, ({ hessian }) => hessian),
  };
  const order = Int32Array.from(examples, (_, index) => index);
  fillHistogram(histogram, data, offsets, Int32Array.of(0), order, derivatives, new Float64Array(2 * order.length));
  return findSplit({ histogram, offsets }, data, Int32Array.of(0), sumOf(examples), options);
}

/** From the definition: the gain of each of the sets of bins that may go left. */
function bestGain(examples: readonly Example[], sets: readonly ReadonlySet<number>[], l2: number, minLeafWeight: number): number {
  const worth = (part: readonly Example[]) => sumOf(part).gradient ** 2 / (sumOf(part).hessian + l2);
  const gains = sets.map((left) => {
    const parts = [examples.filter(({ bin }) => left.has(bin)), examples.filter(({ bin }) => !left.has(bin))];
    const allowed = parts.every((part) => part.length > 0 && sumOf(part).hessian >= minLeafWeight);
    return allowed ? parts.reduce((sum, part) => sum + worth(part), 0) - worth(examples) : 0;
  });
  return Math.max(0, ...gains);
}

const example = fc.record({
  bin: fc.integer({ min: 0, max: 5 }),
  gradient: fc.integer({ min: -8, max: 8 }).map((eighths) => eighths / 8),
  hessian: fc.integer({ min: 1, max: 8 }).map((eighths) => eighths / 32),
});
const examples = fc.array(example, { minLength: 1, maxLength: 40 });
const thresholds = [1, 2, 3, 4].flatMap((last) => {
  const below = Array.from({ length: last }, (_, index) => index + 1);
  return [new Set(below), new Set([0, ...below])];
});
const ordered = [...thresholds, new Set([1, 2, 3, 4, 5]), new Set([0])];
const subsets = Array.from({ length: 64 }, (_, mask) => new Set([0, 1, 2, 3, 4, 5].filter((bin) => (mask >> bin) & 1)));

describe("the split that is found", () => {
  it("of numbers gains as much as the best of all boundaries, missing on either side", () => {
    fc.assert(
      fc.property(examples, fc.constantFrom(0, 1), fc.constantFrom(0, 0.3), (all, leafL2, minLeafWeight) => {
        const split = splitOf(all, false, { leafL2, categoryL2: 0, minLeafWeight });
        expect(split?.gain ?? 0).toBeCloseTo(bestGain(all, ordered, leafL2, minLeafWeight), 9);
      }),
    );
  });

  it("of categories gains as much as the best of all sets of them", () => {
    fc.assert(
      fc.property(examples, (all) => {
        expect(splitOf(all, true)?.gain ?? 0).toBeCloseTo(bestGain(all, subsets, 0, 0), 9);
      }),
    );
  });

  it("gains what its bins say", () => {
    fc.assert(
      fc.property(examples, fc.boolean(), (all, isCategory) => {
        const split = splitOf(all, isCategory);
        if (!split) return;
        const left = new Set([...split.goesLeft.keys()].filter((bin) => split.goesLeft[bin] === 1));
        expect(split.gain).toBeCloseTo(bestGain(all, [left], 0, 0), 9);
      }),
    );
  });

  it("of two and three examples is the one worked out by hand", () => {
    const quarter = (bin: number, gradient: number) => ({ bin, gradient, hessian: 0.25 });
    const split = splitOf([quarter(1, 0.5), quarter(1, 0.5), quarter(2, -0.5), quarter(3, -0.5), quarter(3, -0.5)], false, {
      ...FREE,
      leafL2: 1,
    });
    // 1^2 / 1.5 + 1.5^2 / 1.75 - 0.5^2 / 2.25
    expect(split!.gain).toBeCloseTo(1 / 1.5 + 2.25 / 1.75 - 0.25 / 2.25, 12);
    expect([...split!.goesLeft.subarray(0, 4)]).toEqual([0, 1, 0, 0]);
  });

  it("sends what the node does not hold with most of its examples, and a penalty on categories forgoes small gains", () => {
    const many = Array.from({ length: 5 }, () => ({ bin: 4, gradient: -0.5, hessian: 0.25 }));
    const few = [{ bin: 2, gradient: 0.5, hessian: 0.25 }];
    const split = splitOf([...many, ...few], true);
    expect(split!.goesLeft[0]).toBe(split!.goesLeft[4]);
    expect(split!.goesLeft[5]).toBe(split!.goesLeft[4]);
    expect(split!.goesLeft[2]).not.toBe(split!.goesLeft[4]);
    expect(splitOf([...many, ...few], true, { ...FREE, categoryL2: 100 })).toBeNull();
    expect(splitOf([...many, ...few], false)!.goesLeft[0]).toBe(splitOf([...many, ...few], false)!.goesLeft[4]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../training/engine/random.ts";
import type { BinnedColumns } from "../../../training/trees/binning.ts";
import { Grower, type GrowOptions } from "../../../training/trees/grow.ts";
import { addTree, type Tree } from "../../../training/trees/tree.ts";

const OPTIONS: GrowOptions = { leaves: 4, leafL2: 1, categoryL2: 0, minLeafWeight: 0 };
const range = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

function scoresOf(tree: Tree, data: BinnedColumns): number[] {
  const scores = new Float64Array(data.count);
  addTree(tree, data, 1, scores);
  return [...scores];
}

describe("a tree", () => {
  it("of four examples is the one worked out by hand", () => {
    // Column 0 divides the examples 2 : 2 and gains 2^2 / 3 * 2; column 1 gains nothing. Then no leaf has anything to gain.
    const bins = Uint8Array.of(1, 1, 2, 2, /* column 1 */ 1, 2, 1, 2);
    const data = { count: 4, bins, binCounts: [3, 3], isCategory: [false, false] };
    const derivatives = { gradients: Float64Array.of(1, 1, -1, -1), hessians: Float64Array.of(1, 1, 1, 1) };
    const tree = new Grower(data, OPTIONS).grow(range(4), range(2), derivatives);
    expect([...tree.columns]).toEqual([0]);
    expect([tree.left[0], tree.right[0]]).toEqual([~0, ~1]);
    expect([...tree.values]).toEqual([-2 / 3, 2 / 3]);
    expect(scoresOf(tree, data)).toEqual([-2 / 3, -2 / 3, 2 / 3, 2 / 3]);
  });

  it("without anything to gain is one leaf", () => {
    const data = { count: 2, bins: Uint8Array.of(1, 1), binCounts: [2], isCategory: [false] };
    const derivatives = { gradients: Float64Array.of(1, -0.5), hessians: Float64Array.of(1, 1) };
    const tree = new Grower(data, OPTIONS).grow(range(2), range(1), derivatives);
    expect(scoresOf(tree, data)).toEqual([-0.5 / 3, -0.5 / 3]);
  });

  it("gives each example the Newton step of those that share its leaf, subtracted histograms or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 12 }), (seed, leaves) => {
        const random = new Random(seed);
        const count = 120;
        const bins = Uint8Array.from({ length: 3 * count }, () => random.uint32() % 7);
        const data = { count, bins, binCounts: [7, 7, 7], isCategory: [false, true, false] };
        const gradients = Float64Array.from({ length: count }, () => random.uniform() - 0.5);
        const derivatives = { gradients, hessians: gradients.map((g) => 0.25 - g * g * 0.5) };
        const grower = new Grower(data, { ...OPTIONS, leaves });
        grower.grow(range(count), range(3), derivatives); // leaves its histograms behind
        const tree = grower.grow(range(count), Int32Array.of(0, 1), derivatives);
        expect(tree.values.length).toBeLessThanOrEqual(leaves);
        expect(tree.columns).not.toContain(2);
        const scores = scoresOf(tree, data);
        for (const value of new Set(scores)) {
          const own = scores.flatMap((score, index) => (score === value ? [index] : []));
          const sum = (values: Float64Array) => own.reduce((total, index) => total + values[index]!, 0);
          expect(value).toBeCloseTo(-sum(gradients) / (sum(derivatives.hessians) + 1), 9);
        }
      }),
      { numRuns: 30 },
    );
  });
});

// Curves of a bounded number of points.
import { expect, it } from "vitest";
import { histogram } from "../../../training/report/histogram.ts";
import { thin } from "../../../training/report/thin.ts";

const curve = Array.from({ length: 10_000 }, (_, i) => [i / 9999, Math.sqrt(i / 9999)] as const);

it("keeps both ends and about as many points as asked for, steep parts included", () => {
  const kept = thin(curve, 100);
  expect(kept.length).toBeLessThanOrEqual(101);
  expect([kept[0], kept.at(-1)]).toEqual([curve[0], curve.at(-1)]);
  expect(kept.filter(([x]) => x < 0.01).length).toBeGreaterThan(4);
});

it("leaves a short curve as it is", () => expect(thin(curve.slice(0, 5), 100)).toEqual(curve.slice(0, 5)));

it("a histogram holds every value once, those outside in its outer bins", () => {
  const points = histogram([-5, 0.1, 0.2, 0.9, 7], [0, 1], 2);
  expect(points).toEqual([
    [0, 0.6],
    [0.5, 0.4],
    [1, 0],
  ]);
});

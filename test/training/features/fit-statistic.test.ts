// Counting labels: by combination of values, on whole records, bounded.
import { expect, it } from "vitest";
import { statisticKey } from "../../../shared/features/encode-statistic.ts";
import { readCounts } from "../../../shared/features/statistic-counts.ts";
import type { FieldOf } from "../../../training/features/field-fit.ts";
import { createStatisticFit } from "../../../training/features/fit-statistic.ts";

const field: FieldOf<"statistic"> = { kind: "statistic", name: "used", from: "candidate", of: ["user", "item"], bucketCount: 6 };

it("counts both labels of each combination, up to what a byte holds", () => {
  const fit = createStatisticFit(field, "y", "fields[0]");
  for (let repeat = 0; repeat < 300; repeat++) fit.observe({ user: 1, item: "a", y: 1 });
  for (const y of [0, 1, 0]) fit.observe({ user: 2, item: "a", y });
  for (const skipped of [
    { item: "a", y: 1 },
    { user: 1, item: "a", y: "?" },
  ])
    fit.observe(skipped);
  const fitted = fit.finish(10);
  if (fitted.kind !== "statistic") throw new Error("another kind");
  const { keys, ones, zeros } = readCounts(fitted);
  const countsOf = (user: number) => {
    const at = keys.indexOf(statisticKey({ user, item: "a" }, field.of)!);
    return [ones[at], zeros[at]];
  };
  expect(keys).toHaveLength(2);
  expect([countsOf(1), countsOf(2)]).toEqual([
    [255, 0],
    [1, 2],
  ]);
  expect(fitted).toMatchObject({ firstRow: 10, rowCount: 36, of: ["user", "item"] });
});

it("refuses to grow without bound, and names the field", () => {
  const fit = createStatisticFit(field, "y", "fields[3]", 1);
  fit.observe({ user: 1, item: "a", y: 1 });
  const more = () => fit.observe({ user: 2, item: "a", y: 1 });
  expect(more).toThrow(expect.objectContaining({ code: "statistic_too_large", path: "fields[3]" }));
});

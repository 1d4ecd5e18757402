// The retrieval benchmark's model and requests: sound, of the sizes by which they are known, and rows that are their fields'.
import { expect, it } from "vitest";
import { validateServedModel } from "../../../shared/scoring/validate-served-model.ts";
import { randomShape, SHAPE_A } from "./random-shape.ts";
import { contextsOf, itemRows } from "./retrieval-request.ts";
import { withRetrieval } from "./retrieval-shape.ts";

it("is shape A with 100,000 items of 32 bytes, and requests rows of its fields", () => {
  const shape = withRetrieval(randomShape(SHAPE_A, 1), 1);
  expect(() => validateServedModel(shape)).not.toThrow();
  expect(shape.tensors.get("items.vector")?.shape).toEqual([100_000, 32]);
  expect(shape.architecture.mlp?.hidden).toEqual([256, 128, 64]);
  const examples = contextsOf(shape).flatMap((context, i) =>
    [0, 1, 99_999].map((item) => [...context, ...itemRows(shape, item + i)]),
  );
  for (const rows of examples) {
    expect(rows).toHaveLength(shape.featureMap.fields.length);
    for (const [f, { firstRow, rowCount }] of shape.featureMap.fields.entries()) {
      expect(rows[f]).toBeGreaterThanOrEqual(firstRow);
      expect(rows[f]).toBeLessThan(firstRow + rowCount);
    }
  }
});

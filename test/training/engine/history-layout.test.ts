// Where histories land: behind all other columns, aligned right, with a mask; an empty one nowhere.
import { describe, expect, it } from "vitest";
import { inputWidth, layoutFields } from "../../../shared/features/feature-map.ts";
import { Batch, fillBatch } from "../../../training/engine/batch.ts";
import { layoutHistories, shapeOf } from "../../../training/engine/history-layout.ts";
import { mixedMap, randomDataset } from "./synthetic.ts";

const DIMENSION = 3;
const map = mixedMap();
const layout = layoutFields(map, DIMENSION);
const ownWidth = inputWidth(layout);
const histories = layoutHistories(layout, DIMENSION);
const field = map.fields.findIndex(({ kind }) => kind === "sequence");
const [POSITIONS, FIRST_ROW] = [4, map.fields[field]!.firstRow];

describe("the layout of histories", () => {
  it("adds columns behind those that every family has", () => {
    expect(histories).toMatchObject([
      { positions: POSITIONS, firstColumn: ownWidth, firstFilledColumn: ownWidth + POSITIONS * DIMENSION },
    ]);
    const { width, history } = shapeOf(layout, histories, DIMENSION);
    expect(width).toBe(ownWidth + POSITIONS * (DIMENSION + 1));
    expect(history).toEqual({ ownWidth, positions: [POSITIONS], candidateColumns: [layout.at(-1)!.firstColumn] });
  });

  it("says nothing of histories to the other families", () => {
    expect(shapeOf(layout, [], DIMENSION)).not.toHaveProperty("history");
    expect(shapeOf(layout, [], DIMENSION).width).toBe(ownWidth);
  });
});

describe("a batch", () => {
  it("has each id of a history at its position, the most recent last, and says which positions are filled", () => {
    const data = randomDataset(map, 40, 1);
    const order = Int32Array.from({ length: 40 }, (_, index) => 39 - index);
    const [plain, batch] = [new Batch(), new Batch()];
    fillBatch(plain, data, layout, order, 5, 40);
    fillBatch(batch, data, layout, order, 5, 40, histories);
    const pairs = Array.from({ length: batch.pairCount }, (_, k) => k);
    const written = (from: number) =>
      pairs
        .filter((k) => k >= from)
        .map((k) => [batch.example[k], batch.row[k], batch.weight[k], batch.column[k], batch.byValue[k]]);
    const wanted = [...order.subarray(5)].flatMap((example, b) => {
      const bag = example * data.context.fieldCount + field;
      const ids = data.context.rows.subarray(data.context.offsets[bag], data.context.offsets[bag + 1]);
      if (ids[0] === FIRST_ROW) return [];
      return [...ids].flatMap((row, index) => {
        const position = POSITIONS - ids.length + index;
        const filled = ownWidth + POSITIONS * DIMENSION + position;
        return [
          [b, row, 1, ownWidth + position * DIMENSION, 0],
          [b, row, 1, filled, 1],
        ];
      });
    });
    expect(wanted.length).toBeGreaterThan(40);
    expect(written(plain.pairCount)).toEqual(wanted);
    expect(pairs.slice(0, plain.pairCount).map((k) => batch.row[k])).toEqual([...plain.row.subarray(0, plain.pairCount)]);
  });
});

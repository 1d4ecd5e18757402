// Requests for shape A with retrieval: contexts that take turns, and the features by which the ranking model knows an item.
import { seededRandom } from "../../shared/scoring/random-model.ts";
import type { Shape } from "./shape.ts";

/** Contexts that requests take turns in, so that their items are not always the same. */
const CONTEXT_COUNT = 16;

/** The contexts' rows, one context after another. */
export function contextsOf(shape: Shape): readonly (readonly number[])[] {
  const random = seededRandom(11);
  const fields = shape.featureMap.fields.filter(({ from }) => from === "context");
  return Array.from({ length: CONTEXT_COUNT }, () =>
    fields.map(({ firstRow, rowCount }) => firstRow + Math.floor(random() * rowCount)),
  );
}

/** Rows of the fields by which the ranking model knows an item. */
export function itemRows({ featureMap }: Shape, item: number): number[] {
  const fields = featureMap.fields.filter(({ from }) => from === "candidate");
  return fields.map(({ firstRow, rowCount }, f) => firstRow + ((Math.imul(item + 1, 0x9e3779b1 + 2 * f) >>> 8) % rowCount));
}

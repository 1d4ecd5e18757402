// Ids -> table rows, by a fitted vocabulary or by hash.
import type { FittedIds } from "./feature-map.ts";
import { hashText } from "./hash.ts";

/** Row of an id, within its field: 1 is out-of-vocabulary for vocabularies; row 0, missing, is never given. */
export type RowOf = (id: string) => number;

/** Rows that a field with such ids owns, the missing row included. */
export function idRowCount(ids: FittedIds): number {
  return "vocabulary" in ids ? 2 + ids.vocabulary.length : 1 + ids.hashSpace;
}

/**
 * Makes the look-up of a field's ids.
 *
 * @example createRowOf({ vocabulary: ["red", "blue"] })("blue"); // 3
 */
export function createRowOf(ids: FittedIds): RowOf {
  if (!("vocabulary" in ids)) return (id) => 1 + (hashText(id) % ids.hashSpace);
  const rows = new Map<string, number>(); // filled one by one: pairs for 10 million words would double the memory
  for (const word of ids.vocabulary) rows.set(word, rows.size + 2);
  return (id) => rows.get(id) ?? 1;
}

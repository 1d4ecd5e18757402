// Lists of bounded length. Valibot's pipes count the items once they have looked at each: of a long list of wrong items that would be as
// many problems.
import * as v from "valibot";
import { shortcut } from "./shortcut.ts";

/**
 * A list that is counted before its items are looked at.
 *
 * @example const Shape = list(int, 1, 8);
 */
export function list<Item extends v.GenericSchema>(item: Item, minimum: number, maximum: number) {
  const anything = shortcut(v.array(v.unknown()), Array.isArray);
  return v.pipe(anything, v.minLength(minimum), v.maxLength(maximum), v.array(item));
}

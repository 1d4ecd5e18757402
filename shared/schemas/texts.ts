// Texts of bounded length.
import * as v from "valibot";
import { shortcut } from "./shortcut.ts";

/**
 * Text of so many characters, as JavaScript counts them.
 *
 * @example const Name = text(1, 256);
 */
export function text(minimum: number, maximum: number) {
  const schema = v.pipe(v.string(), v.minLength(minimum), v.maxLength(maximum));
  return shortcut(schema, (value) => typeof value === "string" && value.length >= minimum && value.length <= maximum);
}

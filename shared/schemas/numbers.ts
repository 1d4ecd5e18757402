// Numbers as JSON means them. Valibot's own also takes infinity, which is what JSON.parse makes of 1e999.
import * as v from "valibot";
import { shortcut } from "./shortcut.ts";

/**
 * A finite number.
 *
 * @example parse(number, 0.5);
 */
export const number = shortcut(
  v.pipe(
    v.number(),
    v.guard((value: number): value is number => Number.isFinite(value)),
  ),
  Number.isFinite,
);

/**
 * An integer that a double holds exactly.
 *
 * @example const count = v.pipe(int, v.minValue(1));
 */
export const int = shortcut(
  v.pipe(number, v.integer(), v.minValue(Number.MIN_SAFE_INTEGER), v.maxValue(Number.MAX_SAFE_INTEGER)),
  Number.isSafeInteger,
);

/** An integer of 1 or more. */
export const positiveInt = v.pipe(int, v.gtValue(0));

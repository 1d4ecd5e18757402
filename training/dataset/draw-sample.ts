// A random sample of a split on disk that is as good as the whole for charts and tables.
import type { Random } from "../engine/random.ts";
import { countOf, type Shards, WINDOW_SHARDS } from "./shards.ts";

/** Rates of one in a hundred are within 0.03 percentage points, one standard error. */
export const MAX_SAMPLE = 100_000;

/** Examples, ascending, all as likely (Fan, Muller and Rezucha, 1962): so many as a window holds, and not more than `MAX_SAMPLE`. */
export function drawSample(data: Shards, random: Random): Int32Array {
  const count = countOf(data);
  const inWindow = Math.floor((count * WINDOW_SHARDS) / data.shards.length);
  const chosen = new Int32Array(Math.min(MAX_SAMPLE, inWindow));
  let drawn = 0;
  for (let example = 0; drawn < chosen.length; example++) {
    if (random.uniform() * (count - example) < chosen.length - drawn) chosen[drawn++] = example;
  }
  return chosen;
}

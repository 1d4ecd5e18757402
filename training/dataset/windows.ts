// A split as training goes through it in one epoch: window after window, shuffled within each.
import type { Random } from "../engine/random.ts";
import type { Dataset } from "./dataset.ts";
import { countOf, type Examples, isOnDisk, type Shard, ShardReader, WINDOW_SHARDS } from "./shards.ts";

/** Examples that are in memory together. `load` gives them, until the next window is loaded, and the order to learn from them in. */
export interface Window {
  readonly count: number;
  load(): Promise<{ readonly data: Dataset; readonly order: Int32Array }>;
}

/**
 * Gives the windows of an epoch: of a split on disk, random shards make up each; a split in memory is one window. Windows that are not
 * loaded are not read, which makes it quick to go on in the middle.
 */
export function createWindows(data: Examples): (random: Random) => Window[] {
  const shuffled = (random: Random, count: number) => random.shuffle(ascending(count));
  if (!isOnDisk(data)) {
    const count = countOf(data);
    return (random) => [{ count, load: async () => ({ data, order: shuffled(random.fork("window 0"), count) }) }];
  }
  const reader = new ShardReader(data);
  return (random) => {
    const order = Array.from(shuffled(random.fork("shards"), data.shards.length), (index) => data.shards[index]!);
    return groupsOf(order).map((shards, index): Window => {
      const count = shards.reduce((sum, shard) => sum + shard.count, 0);
      const own = random.fork(`window ${index}`);
      return { count, load: async () => ({ data: await reader.read(shards), order: shuffled(own, count) }) };
    });
  };
}

/** As even as can be: a window of few examples would be shuffled among those alone. */
function groupsOf(shards: readonly Shard[]): Shard[][] {
  const groupCount = Math.ceil(shards.length / WINDOW_SHARDS);
  const first = (group: number) => Math.floor((shards.length * group) / groupCount);
  return Array.from({ length: groupCount }, (_, group) => shards.slice(first(group), first(group + 1)));
}

const ascending = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index);

// Encoder of statistic fields: how often the label was 1 and 0 in training, for the example's values of a few other fields.
import type { BagWriter } from "./bags.ts";
import type { FittedFieldOf } from "./feature-map.ts";
import { hashText } from "./hash.ts";
import { readCounts } from "./statistic-counts.ts";
import { readId } from "./values.ts";

type Raw = Readonly<Record<string, unknown>>;

/** Writes the bag of a field that reads the whole example: `raw`, and what is not in it from `context`. */
export type ExampleEncoder = (raw: Raw, into: BagWriter, context: Raw) => void;

/** A raw example's label where it is itself among those that were counted; null where it is not. */
export type OwnLabel = (raw: Raw) => 0 | 1 | null;

/** Between ids: a control character that no sane id holds. */
const SEPARATOR = "\u001f";

/**
 * The key of an example's values, or null where one is missing. Of 100,000 keys, one in 43,000 unseen ones is taken for a seen one.
 *
 * @example statisticKey({ user: 7, item: "a" }, ["user", "item"]); // hashText("7\u001fa")
 */
export function statisticKey(raw: Raw, of: readonly string[], context: Raw = raw): number | null {
  let text = "";
  for (let index = 0; index < of.length; index++) {
    const name = of[index] as string; // index < length
    const id = readId(raw[name] ?? context[name]);
    if (id === null) return null;
    text = index === 0 ? id : text + SEPARATOR + id;
  }
  return hashText(text);
}

/**
 * The bucket of a count: 0, 1, 2-3, 4-7 and so on, the last one open.
 *
 * @example countBucket(5, 6); // 3
 */
export function countBucket(count: number, bucketCount: number): number {
  return Math.min(32 - Math.clz32(count), bucketCount - 1);
}

/**
 * One row of weight 1. An example that was counted itself is left out of its counts, or it would
 * carry its own label ("leave one out"; what doing otherwise costs: Prokhorenkova et al., 2018, section 3).
 */
export function createStatisticEncoder(field: FittedFieldOf<"statistic">, ownLabel: OwnLabel): ExampleEncoder {
  const { of, bucketCount, firstRow } = field;
  const { keys, ones, zeros } = readCounts(field);
  return (raw, into, context) => {
    const key = statisticKey(raw, of, context);
    const at = key === null ? -1 : findKey(keys, key);
    into.add(firstRow + (at < 0 ? 0 : rowOf(at, ownLabel(raw))), 1);
    into.close();
  };

  function rowOf(at: number, own: 0 | 1 | null): number {
    const oneCount = (ones[at] as number) - (own === 1 ? 1 : 0); // at is within the keys, as many as counts
    const zeroCount = (zeros[at] as number) - (own === 0 ? 1 : 0);
    return countBucket(oneCount, bucketCount) * bucketCount + countBucket(zeroCount, bucketCount);
  }
}

/** Place of a key among sorted ones; negative where it is not. */
function findKey(keys: Uint32Array, wanted: number): number {
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const key = keys[middle] as number; // within low .. high
    if (key === wanted) return middle;
    if (key < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

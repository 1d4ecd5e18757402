// Counts ids, and lists those worth a row of their own.
import type { FittedIds } from "../../shared/features/feature-map.ts";
import { HASH_VERSION } from "../../shared/features/hash.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Ids } from "../../shared/tasks/field.ts";

/** A Map holds at most 2^24 entries. */
const MAX_DISTINCT_IDS = 16_000_000;

export interface VocabularyFit {
  observe(id: string): void;
  finish(): FittedIds;
}

/** Most frequent first, ties in code point order. Hashed ids need no counting. */
export function createVocabularyFit(ids: Ids, path: string, maxDistinctIds = MAX_DISTINCT_IDS): VocabularyFit {
  if ("hashSpace" in ids) {
    return { observe: () => {}, finish: () => ({ hashSpace: ids.hashSpace, hashVersion: HASH_VERSION }) };
  }
  const counts = new Map<string, number>();
  return {
    observe(id) {
      const count = counts.get(id);
      if (count === undefined && counts.size >= maxDistinctIds) {
        throw new CodedError("vocabulary_too_large", path, `more than ${maxDistinctIds} distinct ids: give it a hashSpace`);
      }
      // Text cut out of a file keeps the whole of it alive; what the map keeps is therefore a copy.
      if (count === undefined) counts.set(JSON.parse(JSON.stringify(id)), 1);
      else counts.set(id, count + 1);
    },
    finish() {
      const byCount = new Map<number, string[]>();
      for (const [id, count] of counts) {
        const group = byCount.get(count);
        if (group) group.push(id);
        else if (count >= ids.minCount) byCount.set(count, [id]);
      }
      const descending = [...byCount].sort(([a], [b]) => b - a);
      const vocabulary = descending.flatMap(([, group]) => group.sort(compareCodePoints));
      return { vocabulary: vocabulary.slice(0, ids.maxSize) };
    },
  };
}

/** Plain `<` orders UTF-16 units, in which surrogate pairs (U+10000 and up) come before U+E000..U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

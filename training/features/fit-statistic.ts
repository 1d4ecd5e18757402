// Fits a statistic field: counts the labels of every combination of values.
import { statisticKey } from "../../shared/features/encode-statistic.ts";
import { HASH_VERSION } from "../../shared/features/hash.ts";
import { MAX_COUNT, writeCounts } from "../../shared/features/statistic-counts.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { readLabel } from "../dataset/label.ts";
import type { FieldFit, FieldOf } from "./field-fit.ts";

/** A Map holds at most 2^24 entries. */
const MAX_KEYS = 16_000_000;

/** Both counts of a key in one number: ones in the upper half. */
const ONE = 1 << 8;

/** Observes whole records. @param path of the field in the task, for errors */
export function createStatisticFit(field: FieldOf<"statistic">, label: string, path: string, maxKeys = MAX_KEYS): FieldFit {
  const counts = new Map<number, number>();
  return {
    observe(value) {
      const record = value as Readonly<Record<string, unknown>>; // the fit hands it over
      const key = statisticKey(record, field.of);
      const own = readLabel(record[label]);
      if (key === null || Number.isNaN(own)) return;
      const count = counts.get(key);
      if (count === undefined && counts.size >= maxKeys) {
        throw new CodedError("statistic_too_large", path, `more than ${maxKeys} combinations of values: take fewer fields`);
      }
      counts.set(key, increment(count ?? 0, own === 1));
    },
    finish(firstRow) {
      const keys = Uint32Array.from(counts.keys()).sort();
      const columnOf = (read: (count: number) => number) => Uint8Array.from(keys, (key) => read(counts.get(key) as number)); // a key of the map
      const ones = columnOf((count) => count >> 8);
      const zeros = columnOf((count) => count & MAX_COUNT);
      const { bucketCount } = field;
      return {
        ...field,
        hashVersion: HASH_VERSION,
        ...writeCounts({ keys, ones, zeros }),
        firstRow,
        rowCount: bucketCount * bucketCount,
      };
    },
  };
}

function increment(count: number, isOne: boolean): number {
  if (isOne) return count >> 8 === MAX_COUNT ? count : count + ONE;
  return (count & MAX_COUNT) === MAX_COUNT ? count : count + 1;
}

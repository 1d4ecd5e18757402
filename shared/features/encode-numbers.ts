// Encoders of fields made of numbers: numeric (standard, log, quantile) and vector.
import type { FieldEncoder } from "./encode-ids.ts";
import type { FittedFieldOf } from "./feature-map.ts";
import { readList, readNumber } from "./values.ts";

/**
 * What is standardised: the value itself, or its signed logarithm, which tames long tails and keeps zero at zero.
 *
 * @example transformNumber(-Math.expm1(1), "log"); // -1
 */
export function transformNumber(value: number, transform: "standard" | "log"): number {
  return transform === "log" ? Math.sign(value) * Math.log1p(Math.abs(value)) : value;
}

/** Row +1 weighted by the standardised value; missing is row 0, or the mean, which standardised is 0. */
export function createNumericEncoder(field: FittedFieldOf<"numeric">): FieldEncoder {
  const { firstRow, transform, mean, standardDeviation, missing } = field;
  return (value, into) => {
    const weight = Math.fround((transformNumber(readNumber(value), transform) - mean) / standardDeviation);
    if (Number.isFinite(weight)) into.add(firstRow + 1, weight);
    else if (missing === "mean") into.add(firstRow + 1, 0);
    else into.add(firstRow, 1);
    into.close();
  };
}

/** The row of the bucket that the value falls into. */
export function createQuantileEncoder(field: FittedFieldOf<"quantile">): FieldEncoder {
  const { firstRow, boundaries, missing, meanBucket } = field;
  const missingRow = missing === "mean" ? firstRow + 1 + meanBucket : firstRow;
  return (value, into) => {
    const number = readNumber(value);
    into.add(Number.isNaN(number) ? missingRow : firstRow + 1 + bucketOf(number, boundaries), 1);
    into.close();
  };
}

/**
 * How many of the ascending `boundaries` are at or below a value: bucket 0 lies below all of them.
 *
 * @example bucketOf(5, [1, 5, 9]); // 2
 */
export function bucketOf(value: number, boundaries: readonly number[]): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((boundaries[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One row a component, weighted by it. A vector of the wrong length, or with a component that is no number, is missing. */
export function createVectorEncoder({ firstRow, dimension, separator }: FittedFieldOf<"vector">): FieldEncoder {
  return (value, into) => {
    const list = readList(value, separator);
    if (isVector(list, dimension)) for (let i = 0; i < dimension; i++) into.add(firstRow + 1 + i, readNumber(list[i]));
    else into.add(firstRow, 1);
    into.close();
  };
}

function isVector(list: readonly unknown[], dimension: number): boolean {
  if (list.length !== dimension) return false;
  for (let i = 0; i < dimension; i++) if (Number.isNaN(readNumber(list[i]))) return false;
  return true;
}

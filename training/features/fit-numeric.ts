// Fits numbers: mean and standard deviation, or quantile boundaries.
import { bucketOf, transformNumber } from "../../shared/features/encode-numbers.ts";
import { readNumber } from "../../shared/features/values.ts";
import type { FieldFit, FieldOf } from "./field-fit.ts";
import { createSample } from "./sample.ts";

/** Missing values are left out of the statistics. A constant field gets deviation 1. */
export function createNumericFit(field: FieldOf<"numeric">, transform: "standard" | "log"): FieldFit {
  const moments = createMoments();
  return {
    observe(value) {
      const number = readNumber(value);
      if (!Number.isNaN(number)) moments.add(transformNumber(number, transform));
    },
    finish(firstRow) {
      const { kind, name, from, missing, input } = field;
      const { mean, standardDeviation } = moments.read();
      return { kind, name, from, firstRow, rowCount: 2, transform, mean, standardDeviation, missing, input };
    },
  };
}

/** Buckets of about equal count. Equal boundaries, and those at the minimum, would leave a bucket empty and are left out. */
export function createQuantileFit(field: FieldOf<"numeric">): FieldFit {
  const moments = createMoments();
  const sample = createSample();
  return {
    observe(value) {
      const number = readNumber(value);
      if (Number.isNaN(number)) return;
      moments.add(number);
      sample.add(number);
    },
    finish(firstRow) {
      const { name, from, missing, buckets } = field;
      const boundaries = pickBoundaries(sample.sorted(), buckets);
      const meanBucket = bucketOf(moments.read().mean, boundaries);
      return { kind: "quantile", name, from, firstRow, rowCount: 2 + boundaries.length, boundaries, missing, meanBucket };
    },
  };
}

function pickBoundaries(sorted: Float64Array, buckets: number): number[] {
  const boundaries: number[] = [];
  let previous = sorted[0];
  for (let k = 1; k < buckets; k++) {
    const boundary = sorted[Math.floor((k * sorted.length) / buckets)];
    if (boundary === undefined || boundary === previous) continue; // undefined only where nothing was observed
    boundaries.push(boundary);
    previous = boundary;
  }
  return boundaries;
}

/** Running mean and variance (Welford, 1962). */
function createMoments() {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(value: number): void {
      count++;
      const delta = value - mean;
      mean += delta / count;
      squares += delta * (value - mean);
    },
    read: () => ({ mean, standardDeviation: squares > 0 ? Math.sqrt(squares / count) : 1 }),
  };
}

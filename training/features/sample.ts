// A uniform sample of a stream of numbers, of bounded size (Vitter's algorithm R), the same for the same stream.
import { hashText } from "../../shared/features/hash.ts";

/** Quantiles of 65,536 draws are within 0.2 percentage points of their rank, one standard error. */
const SAMPLE_SIZE = 65_536;

export interface Sample {
  add(value: number): void;
  sorted(): Float64Array;
}

export function createSample(size = SAMPLE_SIZE): Sample {
  const kept = new Float64Array(size);
  let seen = 0;
  return {
    add(value) {
      // The n-th value replaces a random one with probability size / n; a hash of n is the random number.
      const slot = seen < size ? seen : hashText(String(seen)) % (seen + 1);
      if (slot < size) kept[slot] = value;
      seen++;
    },
    sorted: () => kept.slice(0, Math.min(seen, size)).sort(),
  };
}

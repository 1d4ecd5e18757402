// f32 matrix -> int8 rows whose products the kernel may add up in i16 for a long while, whatever the activations.
import { fitsInt16, STEP } from "../../shared/scoring/kernel/ranges.ts";
import { type QuantizedRows, reachOf, roundRow } from "./quantize-rows.ts";

/** Steps of `STEP` inputs that are proved to fit. */
const WINDOW_STEPS = 16;

/** By what the scale grows until the proof holds. */
const GROWTH = 1.01;

/**
 * Each row with the smallest scale whose integers pass the proof: in every window of 16 steps of 4 inputs, the positive and the negative
 * weights of each lane of two inputs stay so small that 127 times their sum fits into i16. On a row of 400 trained weights that leaves
 * magnitudes of about 30. `matrix` is row-major, `columnCount` wide.
 */
export function quantizeProvenRows(matrix: Float32Array, columnCount: number): QuantizedRows {
  const rowCount = matrix.length / columnCount;
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const [first, end] = [row * columnCount, (row + 1) * columnCount];
    scales[row] = fitRow(matrix.subarray(first, end), values.subarray(first, end));
  }
  return { values, scales };
}

/** Returns the scale; 0 of a row of zeros. */
function fitRow(numbers: Float32Array, into: Int8Array): number {
  let scale = Math.fround(reachOf(numbers) / 127);
  if (!(scale > 0)) return scale;
  for (;;) {
    roundRow(numbers, scale, 127, into);
    if (isProven(into)) return scale;
    scale = Math.fround(scale * GROWTH);
  }
}

function isProven(row: Int8Array): boolean {
  for (let first = 0; first < row.length; first += WINDOW_STEPS * STEP) {
    const window = row.subarray(first, first + WINDOW_STEPS * STEP);
    if (!laneFits(window, 0) || !laneFits(window, 2)) return false;
  }
  return true;
}

/** A lane adds up inputs `lane` and `lane + 1` of every step. */
function laneFits(window: Int8Array, lane: number): boolean {
  let [positive, negative] = [0, 0];
  for (let i = lane; i < window.length; i += STEP) {
    for (const weight of window.subarray(i, i + 2)) {
      if (weight > 0) positive += weight;
      else negative -= weight;
    }
  }
  return fitsInt16(positive, negative);
}

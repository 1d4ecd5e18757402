// f32 matrix -> integers with one scale a row, symmetric: the row's largest magnitude becomes the largest integer.

export interface QuantizedRows {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * `matrix` is row-major, `columnCount` wide; integers reach `largest`: 127 for int8, 7 for int4. A row of zeros gets scale 0.
 */
export function quantizeRows(matrix: Float32Array, columnCount: number, largest = 127): QuantizedRows {
  const rowCount = matrix.length / columnCount;
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const first = row * columnCount;
    const numbers = matrix.subarray(first, first + columnCount);
    const scale = Math.fround(reachOf(numbers) / largest);
    scales[row] = scale;
    if (scale > 0) roundRow(numbers, scale, largest, values.subarray(first, first + columnCount));
  }
  return { values, scales };
}

/** Nearest integers of numbers / scale, no larger than `largest`. */
export function roundRow(numbers: Float32Array, scale: number, largest: number, into: Int8Array): void {
  for (const [i, x] of numbers.entries()) into[i] = Math.max(-largest, Math.min(largest, Math.round(x / scale)));
}

/** Largest magnitude. A NaN stays one. */
export function reachOf(numbers: Float32Array): number {
  return numbers.reduce((reach, x) => Math.max(reach, Math.abs(x)), 0);
}

/** Integers of 4 bits, two a byte: the even column in the low half. Rows begin at whole bytes. */
export function packRows(values: Int8Array, columnCount: number): Int8Array {
  const rowBytes = Math.ceil(columnCount / 2);
  const packed = new Int8Array((values.length / columnCount) * rowBytes);
  for (const [i, value] of values.entries()) {
    const [row, column] = [Math.floor(i / columnCount), i % columnCount];
    const at = row * rowBytes + (column >> 1);
    packed[at] = (packed[at] as number) | (column % 2 === 0 ? value & 15 : value << 4); // a byte of the row
  }
  return packed;
}

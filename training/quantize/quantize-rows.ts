// f32 matrix -> integers with one scale a row, symmetric: the row's largest magnitude becomes the largest integer.

export interface QuantizedRows {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Shares of a row's reach that clipping is tried at. */
const CLIPS = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5];

/**
 * `matrix` is row-major, `columnCount` wide; integers reach `largest`: 127 for int8, 7 for int4. A row of zeros gets scale 0. With
 * `clip`, a row may give up its largest numbers for a finer scale, where that has the smaller squared error.
 */
export function quantizeRows(matrix: Float32Array, columnCount: number, largest = 127, clip = false): QuantizedRows {
  const rowCount = matrix.length / columnCount;
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const first = row * columnCount;
    const numbers = matrix.subarray(first, first + columnCount);
    const scale = clip ? clippedScale(numbers, largest) : Math.fround(reachOf(numbers) / largest);
    scales[row] = scale;
    if (scale === 0) continue;
    for (const [i, x] of numbers.entries()) values[first + i] = round(x, scale, largest);
  }
  return { values, scales };
}

function round(x: number, scale: number, largest: number): number {
  return Math.max(-largest, Math.min(largest, Math.round(x / scale)));
}

/** A NaN stays one. */
function reachOf(numbers: Float32Array): number {
  return numbers.reduce((reach, x) => Math.max(reach, Math.abs(x)), 0);
}

function clippedScale(numbers: Float32Array, largest: number): number {
  const reach = reachOf(numbers);
  let best = { scale: Math.fround(reach / largest), error: Number.POSITIVE_INFINITY };
  if (best.scale === 0) return 0;
  for (const share of CLIPS) {
    const scale = Math.fround((share * reach) / largest);
    const error = numbers.reduce((sum, x) => sum + (x - round(x, scale, largest) * scale) ** 2, 0);
    if (error < best.error) best = { scale, error };
  }
  return best.scale;
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

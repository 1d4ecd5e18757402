// f32 matrix -> int8 with one scale a row, symmetric: the row's largest magnitude becomes 127.

const LARGEST = 127;

export interface QuantizedRows {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** `matrix` is row-major, `columnCount` wide. A row of zeros gets scale 0. */
export function quantizeRows(matrix: Float32Array, columnCount: number): QuantizedRows {
  const rowCount = matrix.length / columnCount;
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const first = row * columnCount;
    let largest = 0;
    for (let i = first; i < first + columnCount; i++) largest = Math.max(largest, Math.abs(matrix[i] as number)); // i < length
    const scale = Math.fround(largest / LARGEST);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = first; i < first + columnCount; i++) {
      values[i] = Math.max(-LARGEST, Math.min(LARGEST, Math.round((matrix[i] as number) / scale)));
    }
  }
  return { values, scales };
}

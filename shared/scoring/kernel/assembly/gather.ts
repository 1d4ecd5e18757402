// Bags -> one side's columns of x0, its linear sums and its FM sums.

let table: usize = 0; // int8 [rows, dimension]; 0 where no term looks at x0
let scales: usize = 0; // f32 [rows]
let linear: usize = 0; // f32 [rows]; 0 where the model has no linear term
let dimension: usize = 0;

/** Where the tables lie; once a model. */
export function setTables(embedding: usize, embeddingScales: usize, linearWeights: usize, embeddingDimension: usize): void {
  table = embedding;
  scales = embeddingScales;
  linear = linearWeights;
  dimension = embeddingDimension;
}

/**
 * Encodes `count` examples of one side. `fields`: 4 i32 each: embedded (0 or 1), first row, row count, first column.
 * `offsets` index `rows` and `weights` after `base` is taken off; no index reaches `entryCount`.
 * Writes `x0` (f32, `stride` bytes an example), `linearSums` (f32 [count]) and, unless 0, `fmSums` (f32 [count, 2, dimension]:
 * sums, then sums of squares). Returns -1, or the index of the first bag that points outside of its field or of the entries.
 */
export function gather(
  fields: usize,
  fieldCount: i32,
  offsets: usize,
  base: i32,
  rows: usize,
  weights: usize,
  entryCount: i32,
  count: i32,
  x0: usize,
  stride: usize,
  linearSums: usize,
  fmSums: usize,
): i32 {
  let end = load<i32>(offsets) - base;
  if (<u32>end > <u32>entryCount) return 0;
  for (let example = 0; example < count; example++) {
    let linearSum: f32 = 0;
    if (fmSums) memory.fill(fmSums, 0, dimension << 3);
    for (let f = 0; f < fieldCount; f++) {
      offsets += 4;
      const begin = end;
      end = load<i32>(offsets) - base;
      const field = fields + ((<usize>f) << 4);
      if (end < begin || end > entryCount || !inField(field, rows, begin, end)) return example * fieldCount + f;
      if (linear) linearSum = addLinear(linearSum, rows, weights, begin, end);
      if (!table) continue;
      const columns = x0 + ((<usize>load<i32>(field, 12)) << 2);
      if (!load<i32>(field)) putValues(field, rows, weights, begin, end, columns);
      else {
        embed(rows, weights, begin, end, columns);
        if (fmSums) addToSums(columns, fmSums);
      }
    }
    store<f32>(linearSums, linearSum);
    linearSums += 4;
    x0 += stride;
    if (fmSums) fmSums += dimension << 3;
  }
  return -1;
}

function inField(field: usize, rows: usize, begin: i32, end: i32): bool {
  const firstRow = load<i32>(field, 4);
  const rowCount = load<u32>(field, 8);
  for (let k = begin; k < end; k++) {
    if (<u32>(load<i32>(rows + ((<usize>k) << 2)) - firstRow) >= rowCount) return false;
  }
  return true;
}

function addLinear(sum: f32, rows: usize, weights: usize, begin: i32, end: i32): f32 {
  for (let k = begin; k < end; k++) {
    const row = <usize>load<u32>(rows + ((<usize>k) << 2));
    sum += load<f32>(weights + ((<usize>k) << 2)) * load<f32>(linear + (row << 2));
  }
  return sum;
}

/** A value field has a column a row, which holds the sum of that row's weights. */
function putValues(field: usize, rows: usize, weights: usize, begin: i32, end: i32, columns: usize): void {
  const firstRow = load<i32>(field, 4);
  memory.fill(columns, 0, (<usize>load<u32>(field, 8)) << 2);
  for (let k = begin; k < end; k++) {
    const column = columns + ((<usize>(load<i32>(rows + ((<usize>k) << 2)) - firstRow)) << 2);
    store<f32>(column, load<f32>(column) + load<f32>(weights + ((<usize>k) << 2)));
  }
}

/** Sum over the bag, in its order, of f32(q) * (scale * weight): 16 columns at a time, then 4, then 1. */
function embed(rows: usize, weights: usize, begin: i32, end: i32, out: usize): void {
  let column: usize = 0;
  for (; column + 16 <= dimension; column += 16) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let sum2 = f32x4.splat(0);
    let sum3 = f32x4.splat(0);
    for (let k = begin; k < end; k++) {
      const row = <usize>load<u32>(rows + ((<usize>k) << 2));
      const factor = f32x4.splat(load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2)));
      const bytes = v128.load(table + row * dimension + column);
      const low = i16x8.extend_low_i8x16_s(bytes);
      const high = i16x8.extend_high_i8x16_s(bytes);
      sum0 = f32x4.add(sum0, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), factor));
      sum1 = f32x4.add(sum1, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), factor));
      sum2 = f32x4.add(sum2, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), factor));
      sum3 = f32x4.add(sum3, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), factor));
    }
    v128.store(out + (column << 2), sum0);
    v128.store(out + (column << 2), sum1, 16);
    v128.store(out + (column << 2), sum2, 32);
    v128.store(out + (column << 2), sum3, 48);
  }
  for (; column + 4 <= dimension; column += 4) {
    let sum = f32x4.splat(0);
    for (let k = begin; k < end; k++) {
      const row = <usize>load<u32>(rows + ((<usize>k) << 2));
      const factor = f32x4.splat(load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2)));
      const words = i16x8.extend_low_i8x16_s(v128.load32_zero(table + row * dimension + column));
      sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words)), factor));
    }
    v128.store(out + (column << 2), sum);
  }
  for (; column < dimension; column++) {
    let sum: f32 = 0;
    for (let k = begin; k < end; k++) {
      const row = <usize>load<u32>(rows + ((<usize>k) << 2));
      const factor = load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2));
      sum += <f32>load<i8>(table + row * dimension + column) * factor;
    }
    store<f32>(out + (column << 2), sum);
  }
}

function addToSums(vector: usize, sums: usize): void {
  const squares = sums + (dimension << 2);
  const bytes = dimension << 2;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const v = v128.load(vector + at);
    v128.store(sums + at, f32x4.add(v128.load(sums + at), v));
    v128.store(squares + at, f32x4.add(v128.load(squares + at), f32x4.mul(v, v)));
  }
  for (; at < bytes; at += 4) {
    const v = load<f32>(vector + at);
    store<f32>(sums + at, load<f32>(sums + at) + v);
    store<f32>(squares + at, load<f32>(squares + at) + v * v);
  }
}

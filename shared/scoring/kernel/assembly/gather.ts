// Bags -> one side's columns of x0, its linear sums and its FM sums.

let table: usize = 0; // int8 [rows, dimension]; 0 where no term looks at x0
let scales: usize = 0; // f32 [rows]
let linear: usize = 0; // f32 [rows]; 0 where the model has no linear term
let dimension: usize = 0;
let rowBytes: usize = 0;
let packed: bool = false; // two columns a byte, the even one in the low half

/** Where the tables lie; once a model. `bits` of an embedding's numbers: 8 or 4. */
export function setTables(
  embedding: usize,
  embeddingScales: usize,
  linearWeights: usize,
  embeddingDimension: usize,
  bits: i32,
): void {
  table = embedding;
  scales = embeddingScales;
  linear = linearWeights;
  dimension = embeddingDimension;
  packed = bits === 4;
  rowBytes = packed ? (embeddingDimension + 1) >> 1 : embeddingDimension;
}

/**
 * Encodes `count` examples of one side into slots, `slotStride` bytes apart. `fields`: 4 i32 each: embedded (0 or 1), first row, row
 * count, first column. `offsets` index `rows` and `weights` after `base` is taken off; no index reaches `entryCount`.
 * Writes `x0` (f32, `stride` bytes an example) and into each slot the linear sum (f32) and, unless `fmOffset` is 0, at it the sums
 * of the embedded fields' vectors and of their squares, each padded with zeros to a multiple of 4. Returns -1, or the index of
 * the first bag that points outside of its field or of the entries.
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
  slots: usize,
  slotStride: usize,
  fmOffset: usize,
): i32 {
  const fmBytes = ((dimension + 3) & ~3) << 2;
  let end = load<i32>(offsets) - base;
  if (<u32>end > <u32>entryCount) return 0;
  for (let example = 0; example < count; example++) {
    let linearSum: f32 = 0;
    if (fmOffset) memory.fill(slots + fmOffset, 0, fmBytes << 1);
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
        if (fmOffset) addToSums(columns, slots + fmOffset, fmBytes);
      }
    }
    store<f32>(slots, linearSum);
    x0 += stride;
    slots += slotStride;
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

/** Sum over the bag, in its order and from 0, of f32(q) * (scale * weight): 16 columns at a time, then 4, then 1. */
function embed(rows: usize, weights: usize, begin: i32, end: i32, out: usize): void {
  let column: usize = 0;
  for (; column + 16 <= dimension; column += 16) embed16(rows, weights, begin, end, column, out + (column << 2));
  if (!packed) {
    for (; column + 4 <= dimension; column += 4) embed4(rows, weights, begin, end, column, out + (column << 2));
  }
  for (; column < dimension; column++) {
    let sum: f32 = 0;
    for (let k = begin; k < end; k++) {
      const row = <usize>load<u32>(rows + ((<usize>k) << 2));
      sum += <f32>numberAt(row, column) * (load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2)));
    }
    store<f32>(out + (column << 2), sum);
  }
}

function embed16(rows: usize, weights: usize, begin: i32, end: i32, column: usize, out: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  for (let k = begin; k < end; k++) {
    const row = <usize>load<u32>(rows + ((<usize>k) << 2));
    const factor = f32x4.splat(load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2)));
    const bytes = packed ? unpack(table + row * rowBytes + (column >> 1)) : v128.load(table + row * rowBytes + column);
    const low = i16x8.extend_low_i8x16_s(bytes);
    const high = i16x8.extend_high_i8x16_s(bytes);
    sum0 = f32x4.add(sum0, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), factor));
    sum1 = f32x4.add(sum1, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), factor));
    sum2 = f32x4.add(sum2, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), factor));
    sum3 = f32x4.add(sum3, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), factor));
  }
  v128.store(out, sum0);
  v128.store(out, sum1, 16);
  v128.store(out, sum2, 32);
  v128.store(out, sum3, 48);
}

function embed4(rows: usize, weights: usize, begin: i32, end: i32, column: usize, out: usize): void {
  let sum = f32x4.splat(0);
  for (let k = begin; k < end; k++) {
    const row = <usize>load<u32>(rows + ((<usize>k) << 2));
    const factor = f32x4.splat(load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2)));
    const words = i16x8.extend_low_i8x16_s(v128.load32_zero(table + row * rowBytes + column));
    sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words)), factor));
  }
  v128.store(out, sum);
}

/** 8 bytes of packed numbers -> 16 signed bytes. */
function unpack(from: usize): v128 {
  const bytes = v128.load64_zero(from);
  const low = i8x16.shr_s(i8x16.shl(bytes, 4), 4);
  const high = i8x16.shr_s(bytes, 4);
  return i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function numberAt(row: usize, column: usize): i32 {
  if (!packed) return load<i8>(table + row * rowBytes + column);
  const byte = <i32>load<i8>(table + row * rowBytes + (column >> 1));
  return column & 1 ? byte >> 4 : (byte << 28) >> 28;
}

function addToSums(vector: usize, sums: usize, sumBytes: usize): void {
  const squares = sums + sumBytes;
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

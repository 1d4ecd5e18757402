// C = op(A) op(B) in f32 SIMD, on row-major matrices that lie in tfjs's own memory. Packed panels after Goto and van de Geijn (2008).

/** Largest depth of packed panels: an 8-column panel of B and a 6-row panel of A (22 KiB) stay in the first-level cache. */
const DEPTH: i32 = 416;
/** Rows of A packed at a time: 117 KiB, for the second-level cache. */
const ROWS: i32 = 72;
/** Rows and columns of the block of C that one micro-kernel keeps in registers. */
const BLOCK_ROWS: i32 = 6;
const BLOCK_COLUMNS: i32 = 8;

/** Bytes of scratch memory that a product with `n` columns needs. */
export function scratchBytes(n: i32): i32 {
  return (DEPTH * (roundUp(n, BLOCK_COLUMNS) + ROWS) + (BLOCK_ROWS + 1) * BLOCK_COLUMNS) << 2;
}

/**
 * Writes `count` products C [m, n], one behind the other: of each the rows from `firstRow` to before `endRow`. A row has the same bits
 * whichever rows are written with it, so long as `firstRow` is a multiple of 6. A is [m, k], or [k, m] when `transposeA`; B is [k, n],
 * or [n, k] when `transposeB`. The strides from one A and B to the next are in values, 0 for the same one. The pointers need no
 * alignment; `scratch` points to `scratchBytes(n)` bytes.
 */
export function multiply(
  count: i32,
  a: usize,
  strideA: i32,
  b: usize,
  strideB: i32,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  firstRow: i32,
  endRow: i32,
  scratch: usize,
): void {
  for (let product: i32 = 0; product < count; product++) {
    multiplyOne(a, b, c, m, n, k, transposeA, transposeB, firstRow, endRow, scratch);
    a += strideA << 2;
    b += strideB << 2;
    c += (m * n) << 2;
  }
}

function multiplyOne(
  a: usize,
  b: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  firstRow: i32,
  endRow: i32,
  scratch: usize,
): void {
  const packedA = scratch + ((DEPTH * roundUp(n, BLOCK_COLUMNS)) << 2);
  const edge = packedA + ((DEPTH * ROWS) << 2);
  const passes = max(1, (k + DEPTH - 1) / DEPTH);
  const share = (k + passes - 1) / passes;
  for (let p: i32 = 0; p < k; p += share) {
    const depth = min(share, k - p);
    const bFrom = b + ((transposeB ? p : p * n) << 2);
    if (transposeB) packAcross(bFrom, k, n, depth, BLOCK_COLUMNS, scratch);
    else packAlong(bFrom, n, n, depth, BLOCK_COLUMNS, scratch);
    for (let i = firstRow; i < endRow; i += ROWS) {
      const rows = min(ROWS, endRow - i);
      const aFrom = a + ((transposeA ? p * m + i : i * k + p) << 2);
      if (transposeA) packAlong(aFrom, m, rows, depth, BLOCK_ROWS, packedA);
      else packAcross(aFrom, k, rows, depth, BLOCK_ROWS, packedA);
      multiplyPanels(packedA, scratch, c + ((i * n) << 2), rows, n, depth, p > 0, edge);
    }
  }
}

function roundUp(value: i32, multiple: i32): i32 {
  return ((value + multiple - 1) / multiple) * multiple;
}

/** Packs a matrix whose `depth` runs down: element (d, j) at `from + d * stride + j`. Panels of `width`, the last one padded with 0. */
function packAlong(from: usize, stride: i32, count: i32, depth: i32, width: i32, to: usize): void {
  for (let j: i32 = 0; j < count; j += width) {
    const whole = count - j >= width;
    let source = from + (j << 2);
    for (let d: i32 = 0; d < depth; d++) {
      if (whole) {
        v128.store(to, v128.load(source));
        if (width === BLOCK_COLUMNS) v128.store(to, v128.load(source, 16), 16);
        else store<u64>(to, load<u64>(source, 16), 16);
      } else {
        for (let e: i32 = 0; e < width; e++) {
          store<f32>(to + (e << 2), j + e < count ? load<f32>(source + (e << 2)) : 0);
        }
      }
      source += stride << 2;
      to += width << 2;
    }
  }
}

/** Packs a matrix whose `depth` runs across: element (d, j) at `from + j * stride + d`. */
function packAcross(from: usize, stride: i32, count: i32, depth: i32, width: i32, to: usize): void {
  for (let j: i32 = 0; j < count; j += width) {
    for (let e: i32 = 0; e < width; e += 4) {
      const lines = from + (((j + e) * stride) << 2);
      const room = min(4, width - e);
      if (j + e + room > count) transposeFew(lines, stride, count - j - e, room, depth, width, to + (e << 2));
      else if (room === 4) transposeFour(lines, stride, depth, width, to + (e << 2));
      else transposeTwo(lines, stride, depth, width, to + (e << 2));
    }
    to += (depth * width) << 2;
  }
}

function transposeFour(from: usize, stride: i32, depth: i32, width: i32, to: usize): void {
  const second = from + (stride << 2);
  const third = second + (stride << 2);
  const fourth = third + (stride << 2);
  const step = width << 2;
  let d: i32 = 0;
  for (; d + 4 <= depth; d += 4) {
    const at = d << 2;
    const a = v128.load(from + at);
    const b = v128.load(second + at);
    const c = v128.load(third + at);
    const e = v128.load(fourth + at);
    const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const ceLow = i32x4.shuffle(c, e, 0, 4, 1, 5);
    const ceHigh = i32x4.shuffle(c, e, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(abLow, ceLow, 0, 2));
    v128.store(to + step, i64x2.shuffle(abLow, ceLow, 1, 3));
    v128.store(to + step * 2, i64x2.shuffle(abHigh, ceHigh, 0, 2));
    v128.store(to + step * 3, i64x2.shuffle(abHigh, ceHigh, 1, 3));
    to += step << 2;
  }
  for (; d < depth; d++) {
    const at = d << 2;
    store<f32>(to, load<f32>(from + at));
    store<f32>(to + 4, load<f32>(second + at));
    store<f32>(to + 8, load<f32>(third + at));
    store<f32>(to + 12, load<f32>(fourth + at));
    to += step;
  }
}

function transposeTwo(from: usize, stride: i32, depth: i32, width: i32, to: usize): void {
  const second = from + (stride << 2);
  const step = width << 2;
  let d: i32 = 0;
  for (; d + 4 <= depth; d += 4) {
    const a = v128.load(from + (d << 2));
    const b = v128.load(second + (d << 2));
    const low = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const high = i32x4.shuffle(a, b, 2, 6, 3, 7);
    v128.store64_lane(to, low, 0);
    v128.store64_lane(to + step, low, 1);
    v128.store64_lane(to + step * 2, high, 0);
    v128.store64_lane(to + step * 3, high, 1);
    to += step << 2;
  }
  for (; d < depth; d++) {
    store<f32>(to, load<f32>(from + (d << 2)));
    store<f32>(to + 4, load<f32>(second + (d << 2)));
    to += step;
  }
}

/** `count` lines, and 0 for the rest of `room`. */
function transposeFew(from: usize, stride: i32, count: i32, room: i32, depth: i32, width: i32, to: usize): void {
  for (let d: i32 = 0; d < depth; d++) {
    for (let e: i32 = 0; e < room; e++) {
      store<f32>(to + (e << 2), e < count ? load<f32>(from + ((e * stride + d) << 2)) : 0);
    }
    to += width << 2;
  }
}

function multiplyPanels(packedA: usize, packedB: usize, c: usize, m: i32, n: i32, depth: i32, add: bool, edge: usize): void {
  const zeros = edge + ((BLOCK_ROWS * BLOCK_COLUMNS) << 2);
  memory.fill(zeros, 0, BLOCK_COLUMNS << 2);
  for (let j: i32 = 0; j < n; j += BLOCK_COLUMNS) {
    const panelB = packedB + ((j * depth) << 2);
    for (let i: i32 = 0; i < m; i += BLOCK_ROWS) {
      const panelA = packedA + ((i * depth) << 2);
      const block = c + ((i * n + j) << 2);
      if (i + BLOCK_ROWS <= m && j + BLOCK_COLUMNS <= n) {
        multiplyBlock(panelA, panelB, block, n << 2, depth, add ? block : zeros, add ? n << 2 : 0);
      } else {
        multiplyBlock(panelA, panelB, edge, BLOCK_COLUMNS << 2, depth, zeros, 0);
        copyEdge(edge, block, n, min(BLOCK_ROWS, m - i), min(BLOCK_COLUMNS, n - j), add);
      }
    }
  }
}

function copyEdge(from: usize, to: usize, stride: i32, rows: i32, columns: i32, add: bool): void {
  for (let i: i32 = 0; i < rows; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      const at = to + ((i * stride + j) << 2);
      const value = load<f32>(from + ((i * BLOCK_COLUMNS + j) << 2));
      store<f32>(at, add ? load<f32>(at) + value : value);
    }
  }
}

/**
 * C = `from` + A B, for a 6 x 8 block of C that is kept in twelve registers through the whole depth; strides are in bytes. The
 * multiply-add is relaxed: fused where the processor can (all since 2013), which is a fourth faster here. A branch behind the loop,
 * or a longer body, makes V8 spill the registers inside it, and halves the speed.
 */
function multiplyBlock(a: usize, b: usize, c: usize, stride: i32, depth: i32, from: usize, fromStride: i32): void {
  let c00 = v128.load(from);
  let c01 = v128.load(from, 16);
  let c10 = v128.load(from + fromStride);
  let c11 = v128.load(from + fromStride, 16);
  let c20 = v128.load(from + fromStride * 2);
  let c21 = v128.load(from + fromStride * 2, 16);
  let c30 = v128.load(from + fromStride * 3);
  let c31 = v128.load(from + fromStride * 3, 16);
  let c40 = v128.load(from + fromStride * 4);
  let c41 = v128.load(from + fromStride * 4, 16);
  let c50 = v128.load(from + fromStride * 5);
  let c51 = v128.load(from + fromStride * 5, 16);
  for (const end = a + depth * (BLOCK_ROWS << 2); a < end; a += BLOCK_ROWS << 2, b += BLOCK_COLUMNS << 2) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = f32x4.relaxed_madd(a0, b0, c00);
    c01 = f32x4.relaxed_madd(a0, b1, c01);
    const a1 = v128.load32_splat(a, 4);
    c10 = f32x4.relaxed_madd(a1, b0, c10);
    c11 = f32x4.relaxed_madd(a1, b1, c11);
    const a2 = v128.load32_splat(a, 8);
    c20 = f32x4.relaxed_madd(a2, b0, c20);
    c21 = f32x4.relaxed_madd(a2, b1, c21);
    const a3 = v128.load32_splat(a, 12);
    c30 = f32x4.relaxed_madd(a3, b0, c30);
    c31 = f32x4.relaxed_madd(a3, b1, c31);
    const a4 = v128.load32_splat(a, 16);
    c40 = f32x4.relaxed_madd(a4, b0, c40);
    c41 = f32x4.relaxed_madd(a4, b1, c41);
    const a5 = v128.load32_splat(a, 20);
    c50 = f32x4.relaxed_madd(a5, b0, c50);
    c51 = f32x4.relaxed_madd(a5, b1, c51);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + stride, c10);
  v128.store(c + stride, c11, 16);
  v128.store(c + stride * 2, c20);
  v128.store(c + stride * 2, c21, 16);
  v128.store(c + stride * 3, c30);
  v128.store(c + stride * 3, c31, 16);
  v128.store(c + stride * 4, c40);
  v128.store(c + stride * 4, c41, 16);
  v128.store(c + stride * 5, c50);
  v128.store(c + stride * 5, c51, 16);
}

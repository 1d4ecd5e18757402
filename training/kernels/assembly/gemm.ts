// C = op(A) op(B) in f32 SIMD, on row-major matrices that lie in tfjs's own memory. Packed panels after Goto and van de Geijn (2008).

/** Depth of a packed panel: an 8-column panel of B (8 KiB) stays in the first-level cache. */
const DEPTH: i32 = 256;
/** Rows of A packed at a time: 64 KiB, for the second-level cache. */
const ROWS: i32 = 64;
/** Rows and columns of the block of C that one micro-kernel keeps in registers. */
const BLOCK_ROWS: i32 = 4;
const BLOCK_COLUMNS: i32 = 8;

/** Bytes of scratch memory that a product with `n` columns needs. */
export function scratchBytes(n: i32): i32 {
  return (DEPTH * (roundUp(n, BLOCK_COLUMNS) + ROWS) + BLOCK_ROWS * BLOCK_COLUMNS) << 2;
}

/**
 * Writes C [m, n]. A is [m, k], or [k, m] when `transposeA`; B is [k, n], or [n, k] when `transposeB`.
 * The pointers need no alignment; `scratch` points to `scratchBytes(n)` bytes.
 */
export function gemm(
  a: usize,
  b: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  scratch: usize,
): void {
  const packedA = scratch + ((DEPTH * roundUp(n, BLOCK_COLUMNS)) << 2);
  const edge = packedA + ((DEPTH * ROWS) << 2);
  for (let p: i32 = 0; p < k; p += DEPTH) {
    const depth = min(DEPTH, k - p);
    const bFrom = b + ((transposeB ? p : p * n) << 2);
    if (transposeB) packAcross(bFrom, k, n, depth, BLOCK_COLUMNS, scratch);
    else packAlong(bFrom, n, n, depth, BLOCK_COLUMNS, scratch);
    for (let i: i32 = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      const aFrom = a + ((transposeA ? p * m + i : i * k + p) << 2);
      if (transposeA) packAlong(aFrom, m, rows, depth, BLOCK_ROWS, packedA);
      else packAcross(aFrom, k, rows, depth, BLOCK_ROWS, packedA);
      multiplyPanels(packedA, scratch, c + ((i * n) << 2), rows, n, depth, p > 0, edge);
    }
  }
}

/** Writes the sums of the columns of x [m, n] to `sums` [n]. */
export function sumRows(x: usize, sums: usize, m: i32, n: i32): void {
  memory.fill(sums, 0, n << 2);
  for (let i: i32 = 0; i < m; i++) {
    const row = x + ((i * n) << 2);
    let j: i32 = 0;
    for (; j + 4 <= n; j += 4) {
      const at = j << 2;
      v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(row + at)));
    }
    for (; j < n; j++) {
      const at = j << 2;
      store<f32>(sums + at, load<f32>(sums + at) + load<f32>(row + at));
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
        if (width === BLOCK_COLUMNS) v128.store(to + 16, v128.load(source + 16));
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
      if (j + e + 4 <= count) transposeFour(from + (((j + e) * stride) << 2), stride, depth, width, to + (e << 2));
      else transposeFew(from + (((j + e) * stride) << 2), stride, count - j - e, depth, width, to + (e << 2));
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

function transposeFew(from: usize, stride: i32, count: i32, depth: i32, width: i32, to: usize): void {
  for (let d: i32 = 0; d < depth; d++) {
    for (let e: i32 = 0; e < 4; e++) {
      store<f32>(to + (e << 2), e < count ? load<f32>(from + ((e * stride + d) << 2)) : 0);
    }
    to += width << 2;
  }
}

function multiplyPanels(packedA: usize, packedB: usize, c: usize, m: i32, n: i32, depth: i32, add: bool, edge: usize): void {
  for (let j: i32 = 0; j < n; j += BLOCK_COLUMNS) {
    const panelB = packedB + ((j * depth) << 2);
    for (let i: i32 = 0; i < m; i += BLOCK_ROWS) {
      const panelA = packedA + ((i * depth) << 2);
      const block = c + ((i * n + j) << 2);
      if (i + BLOCK_ROWS <= m && j + BLOCK_COLUMNS <= n) {
        multiplyBlock(panelA, panelB, block, n << 2, depth, add);
      } else {
        multiplyBlock(panelA, panelB, edge, BLOCK_COLUMNS << 2, depth, false);
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
 * A 4 x 8 block of C, kept in eight registers through the whole depth. `stride` is in bytes. The multiply-add is relaxed: fused
 * where the processor can (all since 2013), which is a fourth faster here; larger blocks spill their registers.
 */
function multiplyBlock(a: usize, b: usize, c: usize, stride: i32, depth: i32, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (const end = a + (depth << 4); a < end; a += 16, b += 32) {
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
  }
  storeRow(c, c00, c01, add);
  storeRow(c + stride, c10, c11, add);
  storeRow(c + stride * 2, c20, c21, add);
  storeRow(c + stride * 3, c30, c31, add);
}

function storeRow(c: usize, low: v128, high: v128, add: bool): void {
  v128.store(c, add ? f32x4.add(v128.load(c), low) : low);
  v128.store(c, add ? f32x4.add(v128.load(c, 16), high) : high, 16);
}

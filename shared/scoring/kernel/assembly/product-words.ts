// Integer matrix product, 11-bit activations as i16: for every engine with SIMD.

/**
 * sums [count, 16 * panelCount] = initial [16 * panelCount] + activations [count, 2 * pairCount] x weights.
 * `weights` (i16) come in panels of 16 outputs: for each pair of inputs, 16 outputs x 2 inputs. `initial` and `sums` are i32; rows of
 * activations are `stride` bytes apart, rows of sums `sumStride`.
 */
export function productWords(
  activations: usize,
  stride: usize,
  count: i32,
  pairCount: usize,
  weights: usize,
  panelCount: i32,
  initial: usize,
  sums: usize,
  sumStride: usize,
): void {
  for (let panel = 0; panel < panelCount; panel++) {
    let row = 0;
    let a = activations;
    let out = sums;
    for (; row + 2 <= count; row += 2) {
      twoRows(a, a + stride, pairCount, weights, initial, out, out + sumStride);
      a += stride << 1;
      out += sumStride << 1;
    }
    if (row < count) twoRows(a, a, pairCount, weights, initial, out, out);
    weights += pairCount << 6;
    initial += 64;
    sums += 64;
  }
}

function add(sum: v128, x: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, w));
}

function twoRows(a: usize, b: usize, pairCount: usize, weights: usize, initial: usize, outA: usize, outB: usize): void {
  let a0 = v128.load(initial);
  let a1 = v128.load(initial, 16);
  let a2 = v128.load(initial, 32);
  let a3 = v128.load(initial, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  const end = weights + (pairCount << 6);
  for (; weights < end; weights += 64) {
    const x = v128.load32_splat(a);
    const y = v128.load32_splat(b);
    let w = v128.load(weights);
    a0 = add(a0, x, w);
    b0 = add(b0, y, w);
    w = v128.load(weights, 16);
    a1 = add(a1, x, w);
    b1 = add(b1, y, w);
    w = v128.load(weights, 32);
    a2 = add(a2, x, w);
    b2 = add(b2, y, w);
    w = v128.load(weights, 48);
    a3 = add(a3, x, w);
    b3 = add(b3, y, w);
    a += 4;
    b += 4;
  }
  v128.store(outA, a0);
  v128.store(outA, a1, 16);
  v128.store(outA, a2, 32);
  v128.store(outA, a3, 48);
  v128.store(outB, b0);
  v128.store(outB, b1, 16);
  v128.store(outB, b2, 32);
  v128.store(outB, b3, 48);
}

/** One output: sums [count] = activations [count, inputCount] x weights (i16). `inputCount` is a multiple of 8. */
export function dotWords(
  activations: usize,
  stride: usize,
  count: i32,
  inputCount: usize,
  weights: usize,
  sums: usize,
  sumStride: usize,
): void {
  for (let i = 0; i < count; i++) {
    let sum = i32x4.splat(0);
    for (let at: usize = 0; at < inputCount << 1; at += 16) {
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(activations + at), v128.load(weights + at)));
    }
    const lanes = i32x4.add(sum, i8x16.shuffle(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    store<i32>(sums, i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1));
    activations += stride;
    sums += sumStride;
  }
}

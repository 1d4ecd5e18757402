// Integer matrix product, 7-bit activations as u8: for engines with relaxed SIMD. Without it the layer is placed as words.
//
// Relaxed SIMD leaves open how a second operand above 127, and a pair of products beyond i16, are treated. Activations are at most 127
// and weights at least -128, so that neither occurs and the result is the same on every processor.

/** Whether this build has `productBytes`. */
export function takesBytes(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

/**
 * sums [count, 16 * panelCount] = initial [16 * panelCount] + activations [count, 4 * steps] x weights.
 * `weights` (i8) come in panels of 16 outputs: for each step of 4 inputs, 16 outputs x 4 inputs.
 *
 * Pairs of products are added up in i16, which takes one instruction less than i32, over ranges of steps that are so short that no
 * activations can overflow them. `ranges` (i32) holds for each panel the numbers of steps of its ranges, one after the other.
 */
export function productBytes(
  activations: usize,
  stride: usize,
  count: i32,
  ranges: usize,
  steps: usize,
  weights: usize,
  panelCount: i32,
  initial: usize,
  sums: usize,
  sumStride: usize,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  for (let panel = 0; panel < panelCount; panel++) {
    const end = weights + (steps << 6);
    let row = 0;
    let a = activations;
    let out = sums;
    let nextRanges = ranges;
    for (; row + 2 <= count; row += 2) {
      nextRanges = twoRows(a, a + stride, ranges, weights, end, initial, out, out + sumStride);
      a += stride << 1;
      out += sumStride << 1;
    }
    if (row < count) nextRanges = twoRows(a, a, ranges, weights, end, initial, out, out);
    ranges = nextRanges;
    weights = end;
    initial += 64;
    sums += 64;
  }
}

function add(sum: v128, x: v128, w: v128): v128 {
  return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(w, x));
}

/** The i32 sums of a range's i16 pairs, on top of what lies at `from`. */
function widen(from: usize, pairs: v128): v128 {
  return i32x4.add(v128.load(from), i32x4.extadd_pairwise_i16x8_s(pairs));
}

/** Returns where the ranges of the next panel begin. */
function twoRows(a: usize, b: usize, ranges: usize, weights: usize, end: usize, initial: usize, outA: usize, outB: usize): usize {
  let fromA = initial;
  let fromB = initial;
  while (weights < end) {
    const rangeEnd = weights + ((<usize>load<u32>(ranges)) << 6);
    ranges += 4;
    let a0 = i16x8.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    do {
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
      weights += 64;
    } while (weights < rangeEnd);
    // Both rows may be one: each sum is read before it is written.
    const sum0 = widen(fromB, b0);
    const sum1 = widen(fromB + 16, b1);
    const sum2 = widen(fromB + 32, b2);
    const sum3 = widen(fromB + 48, b3);
    v128.store(outA, widen(fromA, a0));
    v128.store(outA, widen(fromA + 16, a1), 16);
    v128.store(outA, widen(fromA + 32, a2), 32);
    v128.store(outA, widen(fromA + 48, a3), 48);
    v128.store(outB, sum0);
    v128.store(outB, sum1, 16);
    v128.store(outB, sum2, 32);
    v128.store(outB, sum3, 48);
    fromA = outA;
    fromB = outB;
  }
  return ranges;
}

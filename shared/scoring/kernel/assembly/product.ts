// Integer matrix product: activations [count, inputs] times packed weights, added to what each row begins with.

/**
 * `weights` come in panels of 8 outputs; within a panel, for each pair of inputs, 8 outputs x 2 inputs of i16.
 * `activations` rows are `stride` bytes apart. `initial` (i32 [8 * panelCount]) is what every row of sums begins with.
 * Writes `sums` (i32 [count, 8 * panelCount]).
 */
export function product(
  activations: usize,
  stride: usize,
  count: i32,
  pairCount: usize,
  weights: usize,
  panelCount: i32,
  initial: usize,
  sums: usize,
): void {
  const sumStride = (<usize>panelCount) << 5;
  for (let panel = 0; panel < panelCount; panel++) {
    let row = 0;
    let a = activations;
    let out = sums;
    for (; row + 4 <= count; row += 4) {
      fourRows(a, stride, pairCount, weights, initial, out, sumStride);
      a += stride << 2;
      out += sumStride << 2;
    }
    for (; row < count; row++) {
      oneRow(a, pairCount, weights, initial, out);
      a += stride;
      out += sumStride;
    }
    weights += pairCount << 5;
    initial += 32;
    sums += 32;
  }
}

function fourRows(
  a0: usize,
  stride: usize,
  pairCount: usize,
  weights: usize,
  initial: usize,
  out: usize,
  outStride: usize,
): void {
  const a1 = a0 + stride;
  const a2 = a1 + stride;
  const a3 = a2 + stride;
  const low = v128.load(initial);
  const high = v128.load(initial, 16);
  let low0 = low;
  let low1 = low;
  let low2 = low;
  let low3 = low;
  let high0 = high;
  let high1 = high;
  let high2 = high;
  let high3 = high;
  for (let at: usize = 0; at < pairCount << 2; at += 4) {
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    weights += 32;
    const x0 = v128.load_splat<i32>(a0 + at);
    low0 = i32x4.add(low0, i32x4.dot_i16x8_s(x0, w0));
    high0 = i32x4.add(high0, i32x4.dot_i16x8_s(x0, w1));
    const x1 = v128.load_splat<i32>(a1 + at);
    low1 = i32x4.add(low1, i32x4.dot_i16x8_s(x1, w0));
    high1 = i32x4.add(high1, i32x4.dot_i16x8_s(x1, w1));
    const x2 = v128.load_splat<i32>(a2 + at);
    low2 = i32x4.add(low2, i32x4.dot_i16x8_s(x2, w0));
    high2 = i32x4.add(high2, i32x4.dot_i16x8_s(x2, w1));
    const x3 = v128.load_splat<i32>(a3 + at);
    low3 = i32x4.add(low3, i32x4.dot_i16x8_s(x3, w0));
    high3 = i32x4.add(high3, i32x4.dot_i16x8_s(x3, w1));
  }
  v128.store(out, low0);
  v128.store(out, high0, 16);
  out += outStride;
  v128.store(out, low1);
  v128.store(out, high1, 16);
  out += outStride;
  v128.store(out, low2);
  v128.store(out, high2, 16);
  out += outStride;
  v128.store(out, low3);
  v128.store(out, high3, 16);
}

function oneRow(a: usize, pairCount: usize, weights: usize, initial: usize, out: usize): void {
  let low = v128.load(initial);
  let high = v128.load(initial, 16);
  for (let at: usize = 0; at < pairCount << 2; at += 4) {
    const x = v128.load_splat<i32>(a + at);
    low = i32x4.add(low, i32x4.dot_i16x8_s(x, v128.load(weights)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(x, v128.load(weights, 16)));
    weights += 32;
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

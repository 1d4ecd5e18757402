// Every item's score for one query, and the best of them: sums stay in registers or near, and no score is kept that cannot be among them.
//
// Vectors (i8) come in panels of 16 items: for each step of 4 inputs, 16 items x 4 inputs; both builds read the same bytes. The query
// is bytes that stand 64 above its activations, so that all are 0..127 (see product-bytes.ts); `initial` takes that off again.
import { affine } from "./activations";
import { beginTop, endTop, offer } from "./top";

/** A panel's i32 sums, or its f32 scores. */
const panel: usize = memory.data(64, 16);

/**
 * score = f32(initial + sum) * factor + bias of `count` items, each array padded to whole panels. Writes the best `wanted` where
 * `setTop` said. Returns how many there are.
 */
export function retrieve(
  query: usize,
  steps: usize,
  vectors: usize,
  count: i32,
  initial: usize,
  factors: usize,
  biases: usize,
  wanted: i32,
): i32 {
  beginTop(wanted);
  let threshold = f32x4.splat(NaN);
  const end = query + (steps << 2);
  for (let first = 0; first < count; first += 16) {
    if (!ASC_FEATURE_RELAXED_SIMD) sumWords(query, end, vectors, initial);
    const sums = ASC_FEATURE_RELAXED_SIMD ? initial : panel;
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let c = v128.load(sums, 32);
    let d = v128.load(sums, 48);
    if (ASC_FEATURE_RELAXED_SIMD) {
      // A pair of products may fill i16, for vectors use all of i8: each is widened before it is added.
      let at = vectors;
      for (let q = query; q < end; q += 4) {
        const x = v128.load32_splat(q);
        a = addBytes(a, x, v128.load(at));
        b = addBytes(b, x, v128.load(at, 16));
        c = addBytes(c, x, v128.load(at, 32));
        d = addBytes(d, x, v128.load(at, 48));
        at += 64;
      }
    }
    a = affine(a, v128.load(factors), v128.load(biases));
    b = affine(b, v128.load(factors, 16), v128.load(biases, 16));
    c = affine(c, v128.load(factors, 32), v128.load(biases, 32));
    d = affine(d, v128.load(factors, 48), v128.load(biases, 48));
    const low = i16x8.narrow_i32x4_s(f32x4.le(a, threshold), f32x4.le(b, threshold));
    const high = i16x8.narrow_i32x4_s(f32x4.le(c, threshold), f32x4.le(d, threshold));
    const unwanted = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
    if (unwanted !== 0xffff) {
      v128.store(panel, a);
      v128.store(panel, b, 16);
      v128.store(panel, c, 32);
      v128.store(panel, d, 48);
      threshold = f32x4.splat(offerPanel(unwanted ^ 0xffff, first, count));
    }
    vectors += steps << 6;
    initial += 64;
    factors += 64;
    biases += 64;
  }
  return endTop();
}

/** Offers those of a panel's scores whose bits are set and that are items'. Returns the threshold after them. */
function offerPanel(mask: i32, first: i32, count: i32): f32 {
  if (count - first < 16) mask &= (1 << (count - first)) - 1;
  let threshold: f32 = NaN;
  while (mask) {
    const lane = ctz(mask);
    threshold = offer(load<f32>(panel + ((<usize>lane) << 2)), first + lane);
    mask &= mask - 1;
  }
  return threshold;
}

function addBytes(sum: v128, x: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, x)));
}

/** Sums of a panel by dot products of i16: two items at a time, four inputs of each, whose halves are added up at the end. */
function sumWords(query: usize, end: usize, vectors: usize, initial: usize): void {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  for (; query < end; query += 4) {
    const x = i16x8.extend_low_i8x16_s(v128.load32_splat(query));
    a = i32x4.add(a, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 8)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 16)));
    d = i32x4.add(d, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 24)));
    e = i32x4.add(e, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 32)));
    f = i32x4.add(f, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 40)));
    g = i32x4.add(g, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 48)));
    h = i32x4.add(h, i32x4.dot_i16x8_s(x, v128.load8x8_s(vectors, 56)));
    vectors += 64;
  }
  v128.store(panel, i32x4.add(v128.load(initial), addHalves(a, b)));
  v128.store(panel, i32x4.add(v128.load(initial, 16), addHalves(c, d)), 16);
  v128.store(panel, i32x4.add(v128.load(initial, 32), addHalves(e, f)), 32);
  v128.store(panel, i32x4.add(v128.load(initial, 48), addHalves(g, h)), 48);
}

/** [a0 + a1, a2 + a3, b0 + b1, b2 + b3] */
function addHalves(a: v128, b: v128): v128 {
  const even = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
  const odd = v128.shuffle<i32>(a, b, 1, 3, 5, 7);
  return i32x4.add(even, odd);
}

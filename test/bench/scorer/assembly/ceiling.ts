// Dot products with all accumulators in registers, 4 activations x 2 weights at a time, as a register-blocked matrix product has them.
// Where the sum is an instruction of its own, weights come from 512 bytes that stay in the first cache, so that no compiler can take
// the product out of the loop. 4 x 3, 2 x 4, 6 x 1, and loops unrolled 2 and 4 times were no faster.

const operands: usize = memory.data(512, 16);

/** i32x4.relaxed_dot_i8x16_i7x16_add_s: 16 multiply-adds an instruction, into i32. */
export function relaxedDotAdd(macs: i32): void {
  let c00 = i32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const a0 = v128.load(operands, 0);
  const a1 = v128.load(operands, 16);
  const a2 = v128.load(operands, 32);
  const a3 = v128.load(operands, 48);
  const w0 = v128.load(operands, 64);
  const w1 = v128.load(operands, 80);
  for (let done = 0; done < macs; done += 128) {
    c00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w0, a0, c00);
    c01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w1, a0, c01);
    c10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w0, a1, c10);
    c11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w1, a1, c11);
    c20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w0, a2, c20);
    c21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w1, a2, c21);
    c30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w0, a3, c30);
    c31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(w1, a3, c31);
  }
  keep(c00, c01, c10, c11, c20, c21, c30, c31);
}

/** i16x8.relaxed_dot_i8x16_i7x16_s and i16x8.add: 16 multiply-adds, into i16. */
export function relaxedDotInt16(macs: i32): void {
  let c00 = i32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const a0 = v128.load(operands, 0);
  const a1 = v128.load(operands, 16);
  const a2 = v128.load(operands, 32);
  const a3 = v128.load(operands, 48);
  for (let done = 0; done < macs; done += 128) {
    const at = operands + (done & 384);
    const w0 = v128.load(at);
    const w1 = v128.load(at, 16);
    c00 = i16x8.add(c00, i16x8.relaxed_dot_i8x16_i7x16_s(w0, a0));
    c01 = i16x8.add(c01, i16x8.relaxed_dot_i8x16_i7x16_s(w1, a0));
    c10 = i16x8.add(c10, i16x8.relaxed_dot_i8x16_i7x16_s(w0, a1));
    c11 = i16x8.add(c11, i16x8.relaxed_dot_i8x16_i7x16_s(w1, a1));
    c20 = i16x8.add(c20, i16x8.relaxed_dot_i8x16_i7x16_s(w0, a2));
    c21 = i16x8.add(c21, i16x8.relaxed_dot_i8x16_i7x16_s(w1, a2));
    c30 = i16x8.add(c30, i16x8.relaxed_dot_i8x16_i7x16_s(w0, a3));
    c31 = i16x8.add(c31, i16x8.relaxed_dot_i8x16_i7x16_s(w1, a3));
  }
  keep(c00, c01, c10, c11, c20, c21, c30, c31);
}

/** i32x4.dot_i16x8_s and i32x4.add: 8 multiply-adds, into i32. */
export function dotInt16(macs: i32): void {
  let c00 = i32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const a0 = v128.load(operands, 0);
  const a1 = v128.load(operands, 16);
  const a2 = v128.load(operands, 32);
  const a3 = v128.load(operands, 48);
  for (let done = 0; done < macs; done += 64) {
    const at = operands + (done & 384);
    const w0 = v128.load(at);
    const w1 = v128.load(at, 16);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(w0, a0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(w1, a0));
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(w0, a1));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(w1, a1));
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(w0, a2));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(w1, a2));
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(w0, a3));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(w1, a3));
  }
  keep(c00, c01, c10, c11, c20, c21, c30, c31);
}

function keep(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128): void {
  const first = v128.xor(v128.xor(a, b), v128.xor(c, d));
  const second = v128.xor(v128.xor(e, f), v128.xor(g, h));
  v128.store(operands, v128.xor(first, second), 496);
}

// The posterior's draws: what each adds to a candidate's logit. `width` is the number of draws, padded to a multiple of 16.
import { affine } from "./activations";

/**
 * Of `count` examples of one side, `slotStride` bytes apart from `out` on: for each draw the sum over fields of the weighted sum of their
 * rows, f32 [width]. `fields`: 3 i32 each: the weights, i8 [rows, width], or 0 for none; their scales, f32 [rows]; the field's first row.
 * Bags are as `gather` takes them, and must have passed it.
 */
export function sumRowDraws(
  fields: usize,
  fieldCount: i32,
  offsets: usize,
  base: i32,
  rows: usize,
  weights: usize,
  count: i32,
  width: usize,
  out: usize,
  slotStride: usize,
): void {
  let end = load<i32>(offsets) - base;
  for (let example = 0; example < count; example++) {
    memory.fill(out, 0, width << 2);
    for (let f = 0; f < fieldCount; f++) {
      offsets += 4;
      const begin = end;
      end = load<i32>(offsets) - base;
      const field = fields + <usize>f * 12;
      if (load<i32>(field)) addField(field, rows, weights, begin, end, width, out);
    }
    out += slotStride;
  }
}

/** out += sum over the bag, in its order and from 0, of f32(q) * (scale * weight). */
function addField(field: usize, rows: usize, weights: usize, begin: i32, end: i32, width: usize, out: usize): void {
  const table = <usize>load<u32>(field);
  const scales = <usize>load<u32>(field, 4);
  const firstRow = load<i32>(field, 8);
  for (let m: usize = 0; m < width; m += 4) {
    let sum = f32x4.splat(0);
    for (let k = begin; k < end; k++) {
      const row = <usize>(load<i32>(rows + ((<usize>k) << 2)) - firstRow);
      const factor = f32x4.splat(load<f32>(scales + (row << 2)) * load<f32>(weights + ((<usize>k) << 2)));
      const words = i16x8.extend_low_i8x16_s(v128.load32_zero(table + row * width + m));
      sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words)), factor));
    }
    const at = out + (m << 2);
    v128.store(at, f32x4.add(v128.load(at), sum));
  }
}

/** A row of deviations for each slot: the biases, and unless `offset` is 0 the sums that lie so many bytes into the slot; f32 [width] each. */
export function beginDraws(slots: usize, count: i32, offset: usize, biases: usize, width: usize, out: usize): void {
  for (let i = 0; i < count; i++) {
    const sums = <usize>load<u32>(slots + ((<usize>i) << 2)) + offset;
    for (let m: usize = 0; m < width << 2; m += 16) {
      const bias = v128.load(biases + m);
      v128.store(out + m, offset ? f32x4.add(bias, v128.load(sums + m)) : bias);
    }
    out += width << 2;
  }
}

/** deviations += sums * factors + biases, of a layer of as many outputs as there are draws; rows of `width` each. */
export function addDraws(sums: usize, count: i32, width: usize, factors: usize, biases: usize, deviations: usize): void {
  for (let i = 0; i < count; i++) {
    for (let m: usize = 0; m < width << 2; m += 16) {
      const output = affine(v128.load(sums + m), v128.load(factors + m), v128.load(biases + m));
      v128.store(deviations + m, f32x4.add(v128.load(deviations + m), output));
    }
    sums += width << 2;
    deviations += width << 2;
  }
}

/** Logits under each draw, without the padding: logit + deviation, f32 [count, draws]. */
export function finishDraws(logits: usize, deviations: usize, count: i32, width: usize, draws: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const logit = load<f32>(logits);
    for (let m = 0; m < draws; m++) {
      store<f32>(out, logit + load<f32>(deviations + ((<usize>m) << 2)));
      out += 4;
    }
    logits += 4;
    deviations += width << 2;
  }
}

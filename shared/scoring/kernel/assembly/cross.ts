// Cross layers: x += x0 * (sum * factor + bias), four columns at a time.
import { affine } from "./activations";

/**
 * The first one, a row of x for each slot: x0 is the context's columns, then the slot's; both sides have their columns `columns` bytes
 * into their slots, and their sums `offset` bytes. Writes up to three columns past the last.
 */
export function crossSlots(
  slots: usize,
  count: i32,
  offset: usize,
  columns: usize,
  context: usize,
  contextBytes: usize,
  candidateBytes: usize,
  factors: usize,
  biases: usize,
  x: usize,
  stride: usize,
): void {
  const base = context + offset;
  const rest = base + contextBytes;
  for (let i = 0; i < count; i++) {
    const slot = <usize>load<u32>(slots + ((<usize>i) << 2));
    const sums = slot + offset;
    crossRow(sums, base, factors, biases, context + columns, contextBytes, x);
    crossRow(
      sums + contextBytes,
      rest,
      factors + contextBytes,
      biases + contextBytes,
      slot + columns,
      candidateBytes,
      x + contextBytes,
    );
    x += stride;
  }
}

function crossRow(sums: usize, base: usize, factors: usize, biases: usize, x0: usize, bytes: usize, x: usize): void {
  for (let c: usize = 0; c < bytes; c += 16) {
    const sum = i32x4.add(v128.load(sums + c), v128.load(base + c));
    const column = v128.load(x0 + c);
    const u = affine(sum, v128.load(factors + c), v128.load(biases + c));
    v128.store(x + c, f32x4.add(f32x4.mul(column, u), column));
  }
}

/** Any later one; sums are `width` i32 a row, rows of x0 and x `stride` bytes. */
export function crossStep(
  sums: usize,
  count: i32,
  width: usize,
  factors: usize,
  biases: usize,
  x0: usize,
  x: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < width << 2; c += 16) {
      const u = affine(v128.load(sums + c), v128.load(factors + c), v128.load(biases + c));
      v128.store(x + c, f32x4.add(f32x4.mul(v128.load(x0 + c), u), v128.load(x + c)));
    }
    sums += width << 2;
    x0 += stride;
    x += stride;
  }
}

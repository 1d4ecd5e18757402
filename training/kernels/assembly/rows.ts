// Passes over the rows of f32 matrices [m, n] that lie in tfjs's own memory: each reads and writes every value once. Vectors at the end
// of a row are loaded whole: beyond the last one lies the allocator's own.
import { storeLanes } from "./lanes";

/** Writes the sums of the columns of x to `sums` [n]. */
export function sumRows(x: usize, sums: usize, m: i32, n: i32): void {
  memory.fill(sums, 0, n << 2);
  for (let i: i32 = 0; i < m; i++) {
    const row = x + ((i * n) << 2);
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      storeLanes(sums + at, f32x4.add(v128.load(sums + at), v128.load(row + at)), n - j);
    }
  }
}

/** Writes y = max(x + bias, 0), with `bias` [n]. What is no number stays so. */
export function biasRelu(x: usize, bias: usize, y: usize, m: i32, n: i32): void {
  const zero = f32x4.splat(0);
  for (let i: i32 = 0; i < m; i++) {
    const row = (i * n) << 2;
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const value = f32x4.max(f32x4.add(v128.load(x + row + at), v128.load(bias + at)), zero);
      storeLanes(y + row + at, value, n - j);
    }
  }
}

/** Writes dx = dy where y > 0, else 0, and the sums of its columns to `sums` [n]. */
export function biasReluGradient(dy: usize, y: usize, dx: usize, sums: usize, m: i32, n: i32): void {
  const zero = f32x4.splat(0);
  memory.fill(sums, 0, n << 2);
  for (let i: i32 = 0; i < m; i++) {
    const row = (i * n) << 2;
    for (let j: i32 = 0; j < n; j += 4) {
      const at = j << 2;
      const passed = v128.and(v128.load(dy + row + at), f32x4.gt(v128.load(y + row + at), zero));
      storeLanes(dx + row + at, passed, n - j);
      storeLanes(sums + at, f32x4.add(v128.load(sums + at), passed), n - j);
    }
  }
}

// A matrix product in pieces, which any thread can compute in any order to the same bits.

/** What to multiply: the kernel's own arguments but for the rows and the scratch memory (assembly/gemm.ts). */
export type Product = readonly [
  count: number,
  a: number,
  strideA: number,
  b: number,
  strideB: number,
  c: number,
  m: number,
  n: number,
  k: number,
  transposeA: number,
  transposeB: number,
];

/** The exports of assembly/gemm.ts. */
export interface Gemm {
  scratchBytes(n: number): number;
  multiply(...args: [...product: Product, firstRow: number, endRow: number, scratch: number]): void;
}

/** What one thread needs beside the matrices. */
export const scratchBytes = (gemm: Gemm, [, , , , , , , n]: Product): number => gemm.scratchBytes(n);

/** The kernel keeps 6 rows at a time in registers; a piece has to begin where a block does. */
const BLOCK_ROWS = 6;

/** Computes one of `pieces` equal shares: whole products where there are many, or else rows of the one. */
export function multiplyPiece(gemm: Gemm, product: Product, piece: number, pieces: number, scratch: number): void {
  const [count, a, strideA, b, strideB, c, m, n, k, transposeA, transposeB] = product;
  const [whole, unit] = count > 1 ? [count, 1] : [m, BLOCK_ROWS];
  const share = Math.ceil(whole / pieces / unit) * unit;
  const first = piece * share;
  const end = Math.min(whole, first + share);
  if (first >= end) return;
  if (count === 1) {
    gemm.multiply(...product, first, end, scratch);
    return;
  }
  const [fromA, fromB, fromC] = [a + 4 * first * strideA, b + 4 * first * strideB, c + 4 * first * m * n];
  gemm.multiply(end - first, fromA, strideA, fromB, strideB, fromC, m, n, k, transposeA, transposeB, 0, m, scratch);
}

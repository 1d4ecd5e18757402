// The factor gives the matrix back, and draws through it have the inverse as their covariance.
import { expect, it } from "vitest";
import { Random } from "../../../training/engine/random.ts";
import { factorise, solveTransposed } from "../../../training/posterior/cholesky.ts";

const SIZE = 12;

/** A A^T + I. */
function positiveDefinite(): Float64Array {
  const random = new Random(3);
  const a = Float64Array.from({ length: SIZE * SIZE }, () => random.normal());
  return Float64Array.from({ length: SIZE * SIZE }, (_, at) => {
    const [i, j] = [Math.floor(at / SIZE), at % SIZE];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < SIZE; k++) sum += a[i * SIZE + k]! * a[j * SIZE + k]!;
    return sum;
  });
}

it("L L^T is the matrix, and x of L^T x = z solves it", () => {
  const matrix = positiveDefinite();
  const factor = factorise(matrix.slice(), SIZE);
  const random = new Random(4);
  const z = Float64Array.from({ length: SIZE }, () => random.normal());
  const x = solveTransposed(factor, z.slice());
  for (let i = 0; i < SIZE; i++) {
    let solved = 0;
    for (let k = i; k < SIZE; k++) solved += factor[k * SIZE + i]! * x[k]!;
    expect(solved).toBeCloseTo(z[i]!, 10);
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k <= j; k++) product += factor[i * SIZE + k]! * factor[j * SIZE + k]!;
      expect(product).toBeCloseTo(matrix[i * SIZE + j]!, 10);
    }
  }
});

it("refuses a matrix that is not positive definite", () => {
  expect(() => factorise(Float64Array.of(1, 0, 2, 1), 2)).toThrow("not positive definite");
});

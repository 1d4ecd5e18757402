// The Cholesky factor of a symmetric positive definite matrix, and the one solve that draws need.

/**
 * L of H = L L^T, in place: `matrix` is row-major [size, size], of which the lower triangle is read and becomes L.
 *
 * @throws Error where the matrix is not positive definite
 * @example factorise(Float64Array.of(4, 0, 2, 5), 2); // [2, 0, 1, 2]
 */
export function factorise(matrix: Float64Array, size: number): Float64Array {
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      if (i > j) matrix[i * size + j] = sum / matrix[j * size + j]!;
      else if (sum > 0) matrix[j * size + j] = Math.sqrt(sum);
      else throw new Error(`column ${j}: ${sum} left; the matrix is not positive definite`);
    }
  }
  return matrix;
}

/**
 * x of L^T x = z, in place: where z is standard normal, x has the covariance (L L^T)^-1.
 *
 * @example solveTransposed(Float64Array.of(2, 0, 1, 2), Float64Array.of(3, 4)); // [0.5, 2]
 */
export function solveTransposed(factor: Float64Array, z: Float64Array): Float64Array {
  const size = z.length;
  for (let i = size - 1; i >= 0; i--) {
    let sum = z[i]!;
    for (let k = i + 1; k < size; k++) sum -= factor[k * size + i]! * z[k]!;
    z[i] = sum / factor[i * size + i]!;
  }
  return z;
}

// Gauss-Legendre quadrature over [0, 1].

export interface QuadraturePoint {
  readonly node: number;
  readonly weight: number;
}

/**
 * `count` nodes and weights, exact for polynomials of degree 2 `count` - 1: roots of the Legendre polynomial by Newton's method from
 * Tricomi's estimate, which is near enough for every count.
 *
 * @example gaussLegendre(1); // [{ node: 0.5, weight: 1 }]
 */
export function gaussLegendre(count: number): QuadraturePoint[] {
  return Array.from({ length: count }, (_, k) => {
    let root = Math.cos((Math.PI * (k + 0.75)) / (count + 0.5));
    for (let round = 0; round < 8; round++) {
      const { value, slope } = legendre(count, root);
      root -= value / slope;
    }
    const { slope } = legendre(count, root);
    return { node: (1 + root) / 2, weight: 1 / ((1 - root * root) * slope * slope) };
  });
}

/** P_n(x) and its derivative, by Bonnet's recursion. */
function legendre(degree: number, x: number): { readonly value: number; readonly slope: number } {
  let [before, value] = [1, x];
  for (let n = 2; n <= degree; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) };
}

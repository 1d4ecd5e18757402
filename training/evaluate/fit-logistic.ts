// Fits p = sigmoid(w . x) on a few features: Newton's method with a line search (Lin, Lin and Weng, 2007).

const MAX_STEPS = 100;
const MAX_HALVINGS = 40;
/** Step in a weight under which the fit has settled. */
const TOLERANCE = 1e-10;
/** Keeps a flat direction (all examples equal, or saturated) from dividing by zero. */
const RIDGE = 1e-12;

/** `columns` [features][examples], at least one example; `targets` are wanted probabilities, which may be soft. */
export interface LogisticSample {
  readonly columns: readonly ArrayLike<number>[];
  readonly targets: ArrayLike<number>;
}

/** The weights, one a feature, that minimise logloss. `offset` is added to every w . x and not fitted. */
export function fitLogistic(sample: LogisticSample, start: readonly number[], offset?: ArrayLike<number>): number[] {
  let weights = [...start];
  let loss = lossAt(sample, weights, offset);
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = descend(sample, weights, loss, newtonStep(sample, weights, offset), offset);
    if (next === null) return weights;
    const moved = Math.max(...next.weights.map((weight, index) => Math.abs(weight - (weights[index] as number)))); // one each
    weights = next.weights;
    loss = next.loss;
    if (moved < TOLERANCE) return weights;
  }
  return weights;
}

/** Halves the step until the loss falls; null where no step lowers it, which is the minimum. */
function descend(
  sample: LogisticSample,
  from: readonly number[],
  loss: number,
  step: readonly number[],
  offset?: ArrayLike<number>,
): { weights: number[]; loss: number } | null {
  let share = 1;
  for (let halving = 0; halving < MAX_HALVINGS; halving++) {
    const weights = from.map((weight, index) => weight - share * (step[index] as number)); // one each
    const lower = lossAt(sample, weights, offset);
    if (lower < loss) return { weights, loss: lower };
    share /= 2;
  }
  return null;
}

/** Hessian^-1 gradient. */
function newtonStep({ columns, targets }: LogisticSample, weights: readonly number[], offset?: ArrayLike<number>): number[] {
  const size = weights.length;
  const gradient = new Float64Array(size);
  const hessian = Array.from({ length: size }, () => new Float64Array(size + 1));
  for (let i = 0; i < targets.length; i++) {
    const p = 1 / (1 + Math.exp(-dot(columns, weights, i, offset)));
    const error = p - targets[i]!;
    for (let a = 0; a < size; a++) {
      gradient[a]! += error * columns[a]![i]!;
      for (let b = 0; b <= a; b++) hessian[a]![b]! += p * (1 - p) * columns[a]![i]! * columns[b]![i]!;
    }
  }
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) hessian[b]![a] = hessian[a]![b]!;
    hessian[a]![a]! += RIDGE * targets.length;
    hessian[a]![size] = gradient[a]!;
  }
  return solve(hessian);
}

/** Gauss and Jordan, with the right side as the last column of a positive definite matrix. */
function solve(rows: Float64Array[]): number[] {
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++) {
    const own = rows[pivot]!;
    for (let other = 0; other < size; other++) {
      if (other === pivot) continue;
      const factor = rows[other]![pivot]! / own[pivot]!;
      for (let column = pivot; column <= size; column++) rows[other]![column]! -= factor * own[column]!;
    }
  }
  return rows.map((row, index) => row[size]! / row[index]!);
}

/** Mean of log(1 + e^z) - t z, written so that neither sign of z overflows. */
function lossAt({ columns, targets }: LogisticSample, weights: readonly number[], offset?: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) {
    const z = dot(columns, weights, i, offset);
    sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[i]! * z;
  }
  return sum / targets.length;
}

function dot(columns: readonly ArrayLike<number>[], weights: readonly number[], i: number, offset?: ArrayLike<number>): number {
  let z = offset ? offset[i]! : 0;
  for (let a = 0; a < weights.length; a++) z += weights[a]! * columns[a]![i]!;
  return z;
}

// The loss that trees are grown on: mean logloss of logits, and its derivatives at each of them.
import type { Derivatives } from "./histogram.ts";

/** In nats; targets are probabilities. */
export function meanLogloss(logits: Float64Array, targets: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    total += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - x * targets[i]!;
  }
  return total / logits.length;
}

/** Of each example's own loss: p - t and p (1 - p). */
export function deriveLogloss(logits: Float64Array, targets: ArrayLike<number>, { gradients, hessians }: Derivatives): void {
  for (let i = 0; i < logits.length; i++) {
    const p = 1 / (1 + Math.exp(-logits[i]!));
    gradients[i] = p - targets[i]!;
    hessians[i] = p * (1 - p);
  }
}

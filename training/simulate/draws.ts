// Draws of the marketplace from a seeded generator.
import type { Random } from "../engine/random.ts";

/** One of the values, in proportion to their weights; as many weights as values. */
export function drawWeighted<T>(random: Random, values: readonly T[], weights: readonly number[]): T {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return values[index === -1 ? weights.length - 1 : index] as T; // -1: the sum fell short by a rounding error
}

export function drawEven<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random.uniform() * values.length)] as T; // uniform is below 1
}

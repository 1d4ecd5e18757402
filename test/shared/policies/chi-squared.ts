// Pearson's chi-squared test of counts against probabilities.

/** What cannot happen adds nothing where it did not, and infinity where it did. */
export function chiSquared(counts: readonly number[], probabilities: readonly number[]): { statistic: number; freedom: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const possible = probabilities.filter((probability) => probability > 0).length;
  const statistic = counts.reduce((sum, count, index) => {
    const expected = (probabilities[index] ?? 0) * total;
    if (expected === 0) return count === 0 ? sum : Number.POSITIVE_INFINITY;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return { statistic, freedom: possible - 1 };
}

/** Upper points of the normal distribution. */
const NORMAL: Readonly<Record<number, number>> = { 0.001: 3.090232, 0.01: 2.326348 };

/**
 * The statistic that chance exceeds with the probability `level`, by Wilson and Hilferty's cube (1931), within 2 % of the tables; with
 * no freedom, anything above 0.
 */
export function criticalAt(freedom: number, level: 0.001 | 0.01): number {
  if (freedom === 0) return Number.MIN_VALUE;
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + (NORMAL[level] as number) * Math.sqrt(spread)) ** 3; // one of its keys
}

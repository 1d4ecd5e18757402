// A seeded generator with independent streams: the same seed and stream give the same numbers, on every machine.

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Index drawn in proportion to its weight. */
  weighted(weights: readonly number[]): number;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state filled from the seed and the stream.
 *
 * @example createRandom(7, 0, 12).uniform(); // the twelfth visitor of seed 7
 */
export function createRandom(seed: number, ...stream: readonly [number, number?]): Random {
  const state = Int32Array.of(seed, stream[0], stream[1] ?? 0, 1);
  const next = (): number => {
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const sum = (a + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    state[3] = counter + 1;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next();
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    weighted(weights) {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
      const index = weights.findIndex((weight) => (left -= weight) < 0);
      return index === -1 ? weights.length - 1 : index;
    },
  };
}

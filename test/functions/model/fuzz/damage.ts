// Random choices that the fuzz's mutations share: where to hit, and what to put there.
import type { Random } from "../../../shared/scoring/random-model.ts";

export const below = (random: Random, count: number): number => Math.floor(random() * count);

export const pick = <T>(random: Random, choices: readonly T[]): T => choices[below(random, choices.length)] as T; // never empty

/** Numbers at which something or other ends: of bytes, of i32, of f32, of what is exact, of denormals. */
export const EXTREMES: readonly number[] = [
  ...[0, -0, 1, -1, 2, 3, 0.5, 7, 8, 11, 15, 16, 17, 127, 128, 255, 256, 4096, 8191, 8192, 8193, 65_536, 131_072, 1_000_000],
  ...[2 ** 24, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e18, 1e300, -1e300, -(2 ** 31)],
  ...[1e38, 3.4e38, 3.5e38, -3.4e38, 1e-38, 1.2e-38, 1e-45, 1e-46, 5e-324, 1e-300, Number.MAX_VALUE],
];

/** Some bytes changed: bits flipped, a stretch overwritten, cut off, or grown. */
export function damageBytes(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const damaged = bytes.slice();
  const at = below(random, damaged.length);
  switch (below(random, 5)) {
    case 0:
    case 1:
      for (let hits = 1 + below(random, 6); hits > 0; hits--) {
        const hit = below(random, damaged.length);
        damaged[hit] = (damaged[hit] ?? 0) ^ (1 << below(random, 8));
      }
      return damaged;
    case 2:
      return damaged.fill(pick(random, [0, 255, 127, 128, 0x20, 0x30, 0x7b]), at, at + 1 + below(random, 16));
    case 3:
      return damaged.slice(0, at);
    default: {
      const grown = new Uint8Array(damaged.length + 1 + below(random, 64));
      grown.set(damaged);
      return grown;
    }
  }
}

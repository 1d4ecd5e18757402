// Seeded randomness: SplitMix (Steele, Lea and Flood, 2014) over 32 bits, with MurmurHash3's finalizer.

/** The odd number next to 2^32 divided by the golden ratio: steps by it visit every state. */
const STEP = 0x9e3779b9;

/** State of the generator for the `index`-th placement of a request drawn under `seed`; both 32-bit unsigned. */
export function seedAt(seed: number, index: number): number {
  return (seed + Math.imul(STEP, index)) >>> 0;
}

/** The draw that a state gives, in [0, 1), a multiple of 2^-32. Every multiple belongs to exactly one state. */
export function uniformFrom(seed: number): number {
  let bits = seed | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

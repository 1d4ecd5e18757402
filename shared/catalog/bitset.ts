// Sets of numbers below a limit as bits, 32 a word: the sets that a decision passes its candidates through.

export type Bits = Uint32Array<ArrayBuffer>;

/** @example const none = createBits(10_000); */
export const createBits = (size: number): Bits => new Uint32Array(Math.ceil(size / 32));

/**
 * A set that never changes: as bits, or, where it has few members, as a list of them, which is then smaller and faster.
 */
export type Members =
  | { readonly bits: Bits; readonly list: null }
  | { readonly bits: null; readonly list: Uint32Array<ArrayBuffer> };

/**
 * The set of these numbers, all below `size`.
 *
 * @example const members = membersOf([3, 17], 10_000);
 */
export function membersOf(numbers: readonly number[], size: number): Members {
  const bits = createBits(size);
  if (numbers.length * 2 <= bits.length) return { bits: null, list: Uint32Array.from(numbers) };
  for (const number of numbers) setBit(bits, number);
  return { bits, list: null };
}

/** @example setBit(bits, 17); */
export function setBit(bits: Bits, number: number): void {
  bits[number >>> 5]! |= 1 << (number & 31); // the word is there: numbers are below the size
}

/** @example if (hasBit(bits, 17)) ... */
export const hasBit = (bits: Bits, number: number): boolean => (bits[number >>> 5]! & (1 << (number & 31))) !== 0;

/** @example addMembers(failed, excluded); */
export function addMembers(into: Bits, { bits, list }: Members): void {
  if (bits) for (let word = 0; word < into.length; word++) into[word]! |= bits[word]!;
  else for (const number of list) into[number >>> 5]! |= 1 << (number & 31);
}

/** @example removeMembers(failed, matching); */
export function removeMembers(from: Bits, { bits, list }: Members): void {
  if (bits) for (let word = 0; word < from.length; word++) from[word]! &= ~bits[word]!;
  else for (const number of list) from[number >>> 5]! &= ~(1 << (number & 31));
}

/**
 * Takes what is in `gone` out of `from`. Gives how many that were.
 *
 * @example const dropped = removeAndCount(alive, failed);
 */
export function removeAndCount(from: Bits, gone: Bits): number {
  let count = 0;
  for (let word = 0; word < from.length; word++) {
    const removed = from[word]! & gone[word]!;
    if (removed === 0) continue;
    count += countOnes(removed);
    from[word]! ^= removed;
  }
  return count;
}

/** Calls `visit` with each member, in ascending order. */
export function forEachBit(bits: Bits, visit: (number: number) => void): void {
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word]!; left !== 0; left &= left - 1) visit(word * 32 + 31 - Math.clz32(left & -left));
  }
}

/** Ones in 32 bits, added up side by side (Warren, Hacker's Delight, 5-1). */
function countOnes(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

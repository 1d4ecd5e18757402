// Sets of numbers below a limit as bits, 32 a word: the sets that a decision passes its candidates through.

export type Bits = Uint32Array<ArrayBuffer>;

/** @example const none = createBits(10_000); */
export const createBits = (size: number): Bits => new Uint32Array(Math.ceil(size / 32));

/**
 * A set that never changes: as bits, or, where it has few members, as a list of them, which is then smaller and faster.
 */
export type Members = { readonly bits: Bits; readonly list: null } | { readonly bits: null; readonly list: readonly number[] };

/**
 * The set of these numbers, all below `size`.
 *
 * @example const members = membersOf([3, 17], 10_000);
 */
export function membersOf(numbers: readonly number[], size: number): Members {
  const bits = createBits(size);
  if (numbers.length * 2 <= bits.length) return { bits: null, list: numbers.slice() };
  for (const number of numbers) setBit(bits, number);
  return { bits, list: null };
}

/** @example setBit(bits, 17); */
export function setBit(bits: Bits, number: number): void {
  bits[number >>> 5]! |= 1 << (number & 31); // the word is there: numbers are below the size
}

/** @example if (hasBit(bits, 17)) ... */
export const hasBit = (bits: Bits, number: number): boolean => (bits[number >>> 5]! & (1 << (number & 31))) !== 0;

/** @example assignMembers(failed, restricted); // whatever was there before */
export function assignMembers(to: Bits, { bits, list }: Members): void {
  if (bits) {
    to.set(bits);
    return;
  }
  to.fill(0);
  addListed(to, list);
}

/** @example addMembers(failed, excluded); */
export function addMembers(to: Bits, { bits, list }: Members): void {
  if (bits) for (let word = 0; word < to.length; word++) to[word]! |= bits[word]!;
  else addListed(to, list);
}

/** @example removeMembers(failed, admitted); */
export function removeMembers(from: Bits, { bits, list }: Members): void {
  if (bits) {
    for (let word = 0; word < from.length; word++) from[word]! &= ~bits[word]!;
    return;
  }
  for (const number of list) from[number >>> 5]! &= ~(1 << (number & 31));
}

function addListed(to: Bits, list: readonly number[]): void {
  for (const number of list) to[number >>> 5]! |= 1 << (number & 31);
}

/**
 * Takes what is in `gone` out of `from`. Gives how many that were.
 *
 * @example const dropped = removeAndCount(alive, { bits: failed, list: null });
 */
export function removeAndCount(from: Bits, { bits, list }: Members): number {
  return bits ? removeBitsAndCount(from, bits) : removeListedAndCount(from, list);
}

/** Without a branch: whether a word has some of `gone` cannot be foretold, and foretelling it wrongly took as long as all the rest. */
function removeBitsAndCount(from: Bits, gone: Bits): number {
  let count = 0;
  for (let word = 0; word < from.length; word++) {
    const before = from[word]!;
    const removed = before & gone[word]!;
    count += countOnes(removed);
    from[word] = before ^ removed;
  }
  return count;
}

function removeListedAndCount(from: Bits, list: readonly number[]): number {
  let count = 0;
  for (const number of list) {
    const word = from[number >>> 5]!;
    const bit = 1 << (number & 31);
    if ((word & bit) === 0) continue;
    count++;
    from[number >>> 5] = word ^ bit;
  }
  return count;
}

/**
 * Calls `visit` with each member, in ascending order.
 *
 * @example forEachBit(alive, (number) => eligible.push(candidates[number]));
 */
export function forEachBit(bits: Bits, visit: (number: number) => void): void {
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word]!; left !== 0; left &= left - 1) visit(word * 32 + 31 - Math.clz32(left & -left));
  }
}

/**
 * The items at a set's places, in their order.
 *
 * @example const eligible = pick(candidates, alive);
 */
export function pick<Item>(items: readonly Item[], bits: Bits): Item[] {
  let count = 0;
  for (let word = 0; word < bits.length; word++) count += countOnes(bits[word]!);
  const picked = new Array<Item>(count); // of its final size: growing leaves garbage
  let next = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word]!; left !== 0; left &= left - 1) picked[next++] = items[word * 32 + 31 - Math.clz32(left & -left)]!;
  }
  return picked;
}

/** @example forEachMember(failed, (number) => drops.push(candidates[number])); */
export function forEachMember({ bits, list }: Members, visit: (number: number) => void): void {
  if (bits) forEachBit(bits, visit);
  else for (const number of list) visit(number);
}

/** Ones in 32 bits, added up side by side (Warren, Hacker's Delight, 5-1). */
function countOnes(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * As a set that is kept: small, where it has few members.
 *
 * @example const members = toMembers(failed);
 */
export function toMembers(bits: Bits): Members {
  const numbers: number[] = [];
  forEachBit(bits, (number) => numbers.push(number));
  return membersOf(numbers, bits.length * 32);
}

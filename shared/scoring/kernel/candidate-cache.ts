// Slots of candidates that come again, by the identity of whatever stands for them. Bounded; dropped with the model that encoded them.
import type { KernelMemory } from "./kernel-memory.ts";

/** Slots are reserved this many at a time, as they are needed. */
const BLOCK_SLOTS = 256;

export class CandidateCache {
  readonly #memory: KernelMemory;
  readonly #slotBytes: number;
  readonly #capacity: number;
  readonly #indexOf = new Map<object, number>();
  readonly #keys: object[] = [];
  readonly #pointers: number[] = [];
  /** By slot: the round of its last use. */
  readonly #lastRound: number[] = [];
  #round = 0;
  #hand = 0;

  /** `capacity` must be larger than what one round uses. */
  constructor(memory: KernelMemory, slotBytes: number, capacity: number) {
    this.#memory = memory;
    this.#slotBytes = slotBytes;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#indexOf.size;
  }

  /** Begins a round: slots found or added in it stay until the next one. */
  beginRound(): void {
    this.#round++;
  }

  /** The slot of `key`, or 0. */
  find(key: object): number {
    const index = this.#indexOf.get(key);
    return index === undefined ? 0 : this.#use(index);
  }

  /** A slot for `key`, to be filled by the caller; the longest unused of those that the hand passes is given up for it. */
  add(key: object): number {
    const present = this.find(key);
    if (present !== 0) return present;
    const index = this.#keys.length < this.#capacity ? this.#reserve() : this.#evict();
    this.#keys[index] = key;
    this.#indexOf.set(key, index);
    return this.#use(index);
  }

  #use(index: number): number {
    this.#lastRound[index] = this.#round;
    return this.#pointers[index] as number; // the index of a slot
  }

  #reserve(): number {
    const index = this.#keys.length;
    if (index === this.#pointers.length) {
      const count = Math.min(BLOCK_SLOTS, this.#capacity - index);
      const block = this.#memory.reserve(count * this.#slotBytes);
      for (let i = 0; i < count; i++) this.#pointers.push(block + i * this.#slotBytes);
    }
    return index;
  }

  /** The second chance: a slot that was used since the hand last came by is passed over once (the CLOCK algorithm, Corbató, 1969). */
  #evict(): number {
    for (;;) {
      const index = this.#hand;
      this.#hand = (index + 1) % this.#capacity;
      const used = this.#lastRound[index] as number; // below the capacity, which is reached
      if (used === this.#round) continue;
      if (used > 0) {
        this.#lastRound[index] = 0;
        continue;
      }
      this.#indexOf.delete(this.#keys[index] as object);
      return index;
    }
  }
}

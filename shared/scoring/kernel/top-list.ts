// Room in the kernel's memory for the best of many scores, and what it found there.
import type { Best } from "../retriever.ts";
import type { KernelExports } from "./exports.ts";
import type { KernelMemory } from "./kernel-memory.ts";

/** Keys are cut back when there are this many times as many as are wanted. 2 to 4 were as quick; more helps ascending scores. */
const KEYS_PER_WANTED = 3;
const KEY_BYTES = 8;

export class TopList {
  readonly #kernel: KernelExports;
  readonly #memory: KernelMemory;
  #capacity = 0;
  #room = 0;
  #indices = 0;
  #scores = 0;
  #best: Best = { indices: new Int32Array(), scores: new Float32Array() };

  constructor(kernel: KernelExports, memory: KernelMemory) {
    this.#kernel = kernel;
    this.#memory = memory;
  }

  /** Makes room for the best `wanted` of `count`. Returns how many that is. @throws RangeError unless it is a whole number >= 0 */
  reserve(wanted: number, count: number): number {
    if (!Number.isInteger(wanted) || wanted < 0) throw new RangeError(`${wanted} are wanted; expected a whole number`);
    const most = Math.min(wanted, count);
    const capacity = Math.min(KEYS_PER_WANTED * most, count) + 1; // more than `most`
    if (most > this.#room || capacity > this.#capacity) {
      const [newRoom, newCapacity] = [Math.max(most, this.#room), Math.max(capacity, this.#capacity)];
      const keys = this.#memory.reserve(newCapacity * KEY_BYTES);
      const indices = this.#memory.reserve(newRoom * 4);
      this.#scores = this.#memory.reserve(newRoom * 4);
      this.#indices = indices; // from here on nothing fails: where memory is out, what was there still holds together
      this.#room = newRoom;
      this.#capacity = newCapacity;
      this.#kernel.setTop(keys, newCapacity, indices, this.#scores);
    }
    return most;
  }

  /** The first `count` results as views, made anew only where their number or the memory has changed. */
  view(count: number): Best {
    const { int32, float32 } = this.#memory;
    const { indices } = this.#best;
    const same = indices.length === count && indices.buffer === int32.buffer && indices.byteOffset === this.#indices;
    if (same) return this.#best;
    const [first, firstScore] = [this.#indices >>> 2, this.#scores >>> 2];
    this.#best = {
      indices: int32.subarray(first, first + count),
      scores: float32.subarray(firstScore, firstScore + count),
    };
    return this.#best;
  }
}

// The last region of the kernel's memory: one side's bags going in and logits coming out; grows with the largest request seen.
import type { Bags } from "../../features/bags.ts";
import type { KernelMemory } from "./kernel-memory.ts";

const FIRST_CAPACITY = 1024;

export class RequestRegion {
  readonly #memory: KernelMemory;
  readonly #start: number;
  #capacity = { offsets: 0, entries: 0, logits: 0 };
  #pointers = { offsets: 0, rows: 0, weights: 0, logits: 0 };
  #int32 = new Int32Array();
  #float32 = new Float32Array();

  /** Nothing may be reserved after it. */
  constructor(memory: KernelMemory) {
    this.#memory = memory;
    this.#start = memory.reserve(0);
    this.#ensure(FIRST_CAPACITY, FIRST_CAPACITY, FIRST_CAPACITY);
  }

  get pointers() {
    return this.#pointers;
  }

  /** Copies the bags' offsets as they are, and the entries that they point at. */
  put({ fieldCount, count, offsets, rows, weights }: Bags, logitCount: number): { base: number; entryCount: number } {
    const bagCount = fieldCount * count;
    const base = offsets[0] ?? 0;
    const end = offsets[bagCount];
    if (end === undefined || base < 0 || end < base || end > rows.length || end > weights.length) {
      throw new Error(`bags: ${bagCount + 1} offsets into ${rows.length} rows expected, found ${offsets.length} up to ${end}`);
    }
    this.#ensure(bagCount + 1, end - base, logitCount);
    this.#int32.set(offsets.length === bagCount + 1 ? offsets : offsets.subarray(0, bagCount + 1), this.#pointers.offsets >>> 2);
    this.#int32.set(rows.subarray(base, end), this.#pointers.rows >>> 2);
    this.#float32.set(weights.subarray(base, end), this.#pointers.weights >>> 2);
    return { base, entryCount: end - base };
  }

  /** The logits, as a view. */
  logits(count: number): Float32Array {
    const first = this.#pointers.logits >>> 2;
    return this.#float32.subarray(first, first + count);
  }

  /** A number anywhere in the kernel's memory. */
  float32At(pointer: number): number {
    return this.#float32[pointer >>> 2] as number; // pointers are the kernel's own
  }

  #ensure(offsets: number, entries: number, logits: number): void {
    const { offsets: o, entries: e, logits: l } = this.#capacity;
    if (offsets <= o && entries <= e && logits <= l) return;
    const enough = (needed: number, present: number) => (needed <= present ? present : Math.ceil(needed * 1.5));
    const capacity = { offsets: enough(offsets, o), entries: enough(entries, e), logits: enough(logits, l) };
    this.#memory.release(this.#start);
    this.#pointers = {
      offsets: this.#memory.reserve(capacity.offsets * 4),
      rows: this.#memory.reserve(capacity.entries * 4),
      weights: this.#memory.reserve(capacity.entries * 4),
      logits: this.#memory.reserve(capacity.logits * 4),
    };
    this.#capacity = capacity;
    this.#int32 = new Int32Array(this.#memory.buffer, 0, this.#memory.buffer.byteLength >>> 2);
    this.#float32 = new Float32Array(this.#memory.buffer, 0, this.#memory.buffer.byteLength >>> 2);
  }
}

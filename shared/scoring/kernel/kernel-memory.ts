// The kernel's memory, handed out from the bottom up and never taken back: it goes with the scorer.
import { CodedError } from "../../schemas/coded-error.ts";
import type { KernelExports } from "./exports.ts";

const PAGE_BYTES = 65_536;

/** The kernel's loops run in whole vectors: up to this many bytes past the end of what they read or write. */
const SPARE_BYTES = 64;

type Numbers = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export class KernelMemory {
  readonly #memory: WebAssembly.Memory;
  #top: number;
  #bytes = new Uint8Array();
  #int32 = new Int32Array();
  #float32 = new Float32Array();
  #float64 = new Float64Array();

  constructor({ memory, heapBase }: Pick<KernelExports, "memory" | "heapBase">) {
    this.#memory = memory;
    this.#top = heapBase();
    this.#view();
  }

  /** The whole memory, in each type. Growing makes new views: take them anew after a `reserve`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get int32(): Int32Array {
    return this.#int32;
  }
  get float32(): Float32Array {
    return this.#float32;
  }
  get float64(): Float64Array {
    return this.#float64;
  }

  /** Zeroed bytes, aligned for SIMD, with `SPARE_BYTES` behind them. Returns the pointer. */
  reserve(sizeBytes: number): number {
    const pointer = this.#top;
    const top = roundUp(pointer + sizeBytes + SPARE_BYTES, 16);
    const missing = top - this.#bytes.length;
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES));
    this.#top = top;
    return pointer;
  }

  /** Copies numbers in. Returns the pointer. */
  place(data: Numbers): number {
    const pointer = this.reserve(data.byteLength);
    this.#bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), pointer);
    return pointer;
  }

  #grow(pageCount: number): void {
    try {
      this.#memory.grow(pageCount);
    } catch (cause) {
      const detail = `${pageCount * PAGE_BYTES} more bytes do not fit into memory; use a smaller hash space or embedding`;
      throw new CodedError("out_of_memory", "", detail, undefined, { cause });
    }
    this.#view();
  }

  #view(): void {
    const { buffer } = this.#memory;
    this.#bytes = new Uint8Array(buffer);
    this.#int32 = new Int32Array(buffer);
    this.#float32 = new Float32Array(buffer);
    this.#float64 = new Float64Array(buffer);
  }
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

// The kernel's memory, handed out from the bottom up: the model, then scratch, then the requests' region, which may grow.
import { CodedError } from "../../schemas/coded-error.ts";
import type { KernelExports } from "./exports.ts";

const PAGE_BYTES = 65_536;

type Numbers = Int8Array | Int16Array | Int32Array | Float32Array;

export class KernelMemory {
  readonly #memory: WebAssembly.Memory;
  #top: number;

  constructor({ memory, heapBase }: KernelExports) {
    this.#memory = memory;
    this.#top = heapBase();
  }

  get buffer(): ArrayBuffer {
    return this.#memory.buffer as ArrayBuffer; // not shared: the module says so
  }

  /** Zeroed bytes, aligned for SIMD, with 32 to spare behind them: the kernel's loops run in whole vectors. Returns the pointer. */
  reserve(sizeBytes: number): number {
    const pointer = this.#top;
    this.#top = roundUp(pointer + sizeBytes + 32, 16);
    const missing = this.#top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES));
    return pointer;
  }

  /** Copies numbers in. Returns the pointer. */
  place(data: Numbers): number {
    const pointer = this.reserve(data.byteLength);
    new Uint8Array(this.buffer, pointer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return pointer;
  }

  /** Gives back everything from `pointer` on: the requests' region, before it is reserved anew and larger. */
  release(pointer: number): void {
    this.#top = pointer;
  }

  #grow(pageCount: number): void {
    try {
      this.#memory.grow(pageCount);
    } catch (cause) {
      const detail = `${pageCount * PAGE_BYTES} more bytes do not fit into memory; use a smaller hash space or embedding`;
      throw new CodedError("out_of_memory", "", detail, undefined, { cause });
    }
  }
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

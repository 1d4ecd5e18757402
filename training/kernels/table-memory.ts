// The memory of one table: its arrays, and room for the batch of a step. It never grows, so that views of it last.
import type { Allocator, TableSize } from "../engine/table-state.ts";

const PAGE_BYTES = 65_536;
const LARGEST_BYTES = 2 ** 32;

/** For the pairs, inputs and gradients of a step. Pages that are never touched cost nothing. */
const ROOM_BYTES = 2 ** 28;

/** For the kernel's own variables, Adam's bias corrections, and what alignment leaves between arrays. */
const SPARE_BYTES = 2 ** 18;

/** Hands out arrays from the bottom up. */
export class TableMemory implements Allocator {
  readonly memory: WebAssembly.Memory;
  #top = PAGE_BYTES;

  constructor(sizeBytes: number) {
    const pages = Math.ceil(sizeBytes / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  }

  float32(length: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.#take(length * 4), length);
  }

  int32(length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#take(length * 4), length);
  }

  uint8(length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.#take(length), length);
  }

  /** First byte that is free. */
  get top(): number {
    return this.#top;
  }

  /** Takes back all arrays from `top` on; what is handed out next holds their numbers. */
  release(top: number): void {
    this.#top = top;
  }

  #take(sizeBytes: number): number {
    const pointer = this.#top;
    this.#top = Math.ceil((pointer + sizeBytes) / 16) * 16;
    return pointer;
  }
}

/** Null where the table does not fit into the 4 GiB that wasm can address. */
export function openTableMemory({ rowCount, dimension, rule }: TableSize): TableMemory | null {
  const numbersPerRow = (dimension + 1) * (1 + rule.slotCount) + 3;
  const sizeBytes = PAGE_BYTES + rowCount * (numbersPerRow * 4 + 1) + SPARE_BYTES + ROOM_BYTES;
  return sizeBytes <= LARGEST_BYTES ? new TableMemory(sizeBytes) : null;
}

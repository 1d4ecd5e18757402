// Matrix products on several threads. Every value is summed up in the same order whatever their number: the bits are the same.
import { Worker } from "node:worker_threads";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type Gemm, multiplyPiece, type Product, scratchBytes } from "./product.ts";
import { ProductBoard } from "./product-board.ts";
import type { HelperData } from "./product-worker.ts";

/** Emscripten's allocator. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  allocate(sizeBytes: number): number;
  free(pointer: number): void;
}

/** Each thread takes scratch memory; two were measured. */
export const MOST_THREADS = 8;

/** Multiply-adds from which a second thread pays: a product of 0.1 ms, which two threads do 1.4 times as fast. */
const LEAST_WORK = 2 ** 21;

/** Pieces a thread: whoever is delayed takes fewer. Each packs B anew, which costs as much as 16 rows or so. */
const PIECES_PER_THREAD = 4;
const LEAST_ROWS = 192;

export class ProductThreads {
  readonly #module: WebAssembly.Module;
  readonly #gemm: Gemm;
  readonly #heap: Heap;
  readonly #board = new ProductBoard();
  #count: number;
  /** Of helpers: one less than threads. */
  #started = 0;
  #scratch = { pointer: 0, sizeBytes: 0 };

  /** `count` is that of all threads, this one included. */
  constructor(module: WebAssembly.Module, heap: Heap, count: number) {
    this.#module = module;
    this.#heap = heap;
    this.#count = Math.min(count, MOST_THREADS);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: heap.memory } });
    this.#gemm = exports as unknown as Gemm; // assembly/gemm.ts
  }

  get count(): number {
    return this.#count;
  }

  /** Threads that were started and are now too many go on helping. */
  set count(count: number) {
    this.#count = Math.min(count, MOST_THREADS);
  }

  multiply(product: Product): void {
    const scratch = this.#reserve(product);
    const pieces = this.#count > 1 ? this.#countPieces(product) : 1;
    if (pieces === 1) multiplyPiece(this.#gemm, product, 0, 1, scratch);
    else this.#share(product, pieces, scratch);
  }

  #share(product: Product, pieces: number, scratch: number): void {
    this.#start();
    this.#board.post({ product, pieces, scratch });
    let others = pieces;
    for (let task = this.#board.take(); task; task = this.#board.take()) {
      multiplyPiece(this.#gemm, product, task.piece, pieces, scratch);
      others--;
    }
    if (this.#board.awaitFinished(others)) return;
    throw new CodedError("product_thread_lost", "device", "a thread stopped in the middle of a matrix product: start again");
  }

  #countPieces([count, , , , , , m, n, k]: Product): number {
    if (count * m * n * k < LEAST_WORK) return 1;
    const most = count > 1 ? count : Math.max(2, Math.floor(m / LEAST_ROWS));
    return Math.min(most, this.#count * PIECES_PER_THREAD);
  }

  /** Started by the first product that is large. They hold no process, and none waits for them to be there. */
  #start(): void {
    while (this.#started < this.#count - 1) {
      const index = ++this.#started;
      const workerData: HelperData = { module: this.#module, memory: this.#heap.memory, words: this.#board.words, index };
      new Worker(new URL("./product-worker.ts", import.meta.url), { workerData }).unref();
    }
  }

  /** Room for each thread, kept from product to product. */
  #reserve(product: Product): number {
    const sizeBytes = scratchBytes(this.#gemm, product) * this.#count;
    if (this.#scratch.sizeBytes < sizeBytes) {
      if (this.#scratch.pointer !== 0) this.#heap.free(this.#scratch.pointer);
      this.#scratch = { pointer: this.#heap.allocate(sizeBytes), sizeBytes };
    }
    return this.#scratch.pointer;
  }
}

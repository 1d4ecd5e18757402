// A thread that helps with products: product-threads.ts starts it.
import { workerData } from "node:worker_threads";
import { type Gemm, multiplyPiece, scratchBytes } from "./product.ts";
import { ProductBoard } from "./product-board.ts";

export interface HelperData {
  readonly module: WebAssembly.Module;
  /** tfjs's own, in which the matrices lie. */
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Counts threads; the main one is 0. */
  readonly index: number;
}

const { module, memory, words, index } = workerData as HelperData; // from the only place that starts us
const board = new ProductBoard(words);
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const gemm = exports as unknown as Gemm; // assembly/gemm.ts

try {
  for (;;) {
    for (let task = board.take(); task; task = board.take()) {
      const { product, piece, pieces, scratch } = task;
      multiplyPiece(gemm, product, piece, pieces, scratch + index * scratchBytes(gemm, product));
      board.reportFinished();
    }
    board.awaitPost();
  }
} catch (error) {
  board.reportFailed();
  throw error;
}

// Where the main thread posts a product, and all threads take pieces of it: a few words of shared memory, changed atomically.
import type { Product } from "./product.ts";

/** Words: what is left to take; how many pieces helpers have finished; then what there is to do. */
const STATE = 0;
const FINISHED = 1;
const PIECES = 2;
const SCRATCH = 3;
const PRODUCT = 4;
const WORD_COUNT = PRODUCT + 11;

/** Of the state, the low bits count the pieces left; the others are the number of the product, so that none takes from a later one. */
const LEFT_BITS = 8;
const LEFT_MASK = 2 ** LEFT_BITS - 1;
const FAILED = -1;

export interface Post {
  readonly product: Product;
  /** 255 at most. */
  readonly pieces: number;
  /** Pointer to as many times a thread's scratch memory as there are threads. */
  readonly scratch: number;
}

export class ProductBoard {
  readonly words: Int32Array<SharedArrayBuffer>;

  constructor(words = new Int32Array(new SharedArrayBuffer(4 * WORD_COUNT))) {
    this.words = words;
  }

  /** Replaces a product that is done. */
  post({ product, pieces, scratch }: Post): void {
    const words = this.words;
    words.set([pieces, scratch, ...product], PIECES);
    Atomics.store(words, FINISHED, 0);
    Atomics.store(words, STATE, (((words[STATE]! >> LEFT_BITS) + 1) << LEFT_BITS) | pieces);
    Atomics.notify(words, STATE);
  }

  /** The piece taken, with what it is of; null when none is left. */
  take(): (Post & { readonly piece: number }) | null {
    const words = this.words;
    for (;;) {
      const state = Atomics.load(words, STATE);
      const left = state & LEFT_MASK;
      if (left === 0) return null;
      const product = [...words.subarray(PRODUCT, WORD_COUNT)] as unknown as Product; // as `post` wrote it
      const [pieces, scratch] = [words[PIECES]!, words[SCRATCH]!];
      // Nothing of it was replaced if the state is still the same.
      if (Atomics.compareExchange(words, STATE, state, state - 1) === state) return { product, pieces, scratch, piece: left - 1 };
    }
  }

  /** Sleeps until there may be something to take. */
  awaitPost(): void {
    const state = Atomics.load(this.words, STATE);
    if ((state & LEFT_MASK) === 0) Atomics.wait(this.words, STATE, state);
  }

  reportFinished(): void {
    Atomics.add(this.words, FINISHED, 1);
    Atomics.notify(this.words, FINISHED);
  }

  reportFailed(): void {
    Atomics.store(this.words, FINISHED, FAILED);
    Atomics.notify(this.words, FINISHED);
  }

  /** Whether helpers finished so many pieces; false when one has failed, or none finishes anything for a minute. */
  awaitFinished(pieces: number): boolean {
    for (let seconds = 0; seconds < 60; ) {
      const finished = Atomics.load(this.words, FINISHED);
      if (finished === pieces) return true;
      if (finished === FAILED) return false;
      // A second at a time: a process that was stopped for long goes on as if nothing was.
      seconds = Atomics.wait(this.words, FINISHED, finished, 1000) === "timed-out" ? seconds + 1 : 0;
    }
    return false;
  }
}

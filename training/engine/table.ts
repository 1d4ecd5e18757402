// The embedding table: vectors and linear weights in typed arrays, gathered and updated only at the rows that a batch touches.
import { KernelLoops } from "../kernels/table-kernel.ts";
import { openTableMemory } from "../kernels/table-memory.ts";
import type { Batch } from "./batch.ts";
import type { Random } from "./random.ts";
import { PlainLoops, type TableLoops } from "./table-loops.ts";
import { createTableState, HEAP, type TableSize, type TableState } from "./table-state.ts";
import type { Weights } from "./update-rule.ts";

export interface TableOptions extends TableSize {
  readonly random: Random;
}

/** Vectors begin in +-INITIAL_LIMIT, so that a rare row says little until it has been seen; linear weights begin at 0. */
const INITIAL_LIMIT = 0.01;

/** The first values of all rows' vectors. */
export function fillVectors(into: Float32Array, random: Random): Float32Array {
  return random.fillUniform(into, INITIAL_LIMIT);
}

/** Rows that were never touched keep their first value: without a gradient there is no metric to decay in, and nothing to forget. */
export class EmbeddingTable {
  readonly #state: TableState;
  readonly #plain: TableLoops;
  readonly #kernel: KernelLoops | null;
  /** The loops that list the rows of the current step. */
  #loops: TableLoops;
  #step = 0;

  constructor({ random, ...size }: TableOptions) {
    const memory = openTableMemory(size);
    this.#state = createTableState(size, memory ?? HEAP);
    this.#kernel = memory && new KernelLoops(this.#state, memory);
    this.#plain = new PlainLoops(this.#state);
    this.#loops = this.#kernel ?? this.#plain;
    fillVectors(this.vectors.values, random);
  }

  get dimension(): number {
    return this.#state.dimension;
  }
  get vectors(): Weights {
    return this.#state.vectors;
  }
  get linear(): Weights {
    return this.#state.linear;
  }

  /** All that later steps depend on; views. */
  state(): readonly (Float32Array | Int32Array)[] {
    const { vectors, linear } = this;
    return [vectors.values, ...vectors.slots, linear.values, ...linear.slots, this.#state.lastStep, this.#state.updates];
  }

  /** Steps so far. */
  get step(): number {
    return this.#step;
  }

  set step(step: number) {
    this.#step = step;
  }

  /** Begins a step: lists the batch's rows, and lets each catch up on the decay of the steps that it missed. */
  touch(batch: Batch, learningRate: number): void {
    this.#step++;
    this.#loops = this.#loopsFor(batch);
    this.#loops.touch(batch, this.#step, learningRate);
  }

  /** Lets every row catch up. Due before the weights are read as a whole, and before the learning rate changes. */
  catchUpAll(learningRate: number): void {
    if (this.#state.l2 > 0) (this.#kernel ?? this.#plain).catchUpAll(this.#step, learningRate);
  }

  /** Fills `x0` [examples, width] and `sums` [examples] (the weighted sums of linear weights). */
  gather(batch: Batch, x0: Float32Array, width: number, sums: Float32Array): void {
    this.#loopsFor(batch).gather(batch, x0, width, sums);
  }

  /** Ends a step: sums the gradients of `x0` and `sums` by row, and updates the rows touched. */
  update(
    batch: Batch,
    x0Gradient: Float32Array | null,
    width: number,
    sumsGradient: Float32Array | null,
    learningRate: number,
  ): void {
    this.#loops.update(batch, x0Gradient, width, sumsGradient, learningRate);
  }

  #loopsFor(batch: Batch): TableLoops {
    return this.#kernel?.fits(batch) ? this.#kernel : this.#plain;
  }
}

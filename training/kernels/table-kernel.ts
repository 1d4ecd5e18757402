// The loops of a table in wasm, over the memory that it lies in. They equal engine/table-loops.ts to f32's rounding.
import type { Batch } from "../engine/batch.ts";
import type { TableLoops } from "../engine/table-loops.ts";
import type { TableState } from "../engine/table-state.ts";
import { readKernel } from "./read-kernel.ts";
import type { TableMemory } from "./table-memory.ts";

/** The exports of assembly/table.ts. Pointers are numbers of bytes. */
interface KernelExports {
  correctionBytes(): number;
  setTable(rule: number, dimension: number, ...pointers: number[]): void;
  setBatch(pairCount: number, examples: number, rows: number, weights: number, columns: number, byValue: number): void;
  touch(rowCount: number, touched: number, places: number): number;
  catchUpTouched(touched: number, count: number, step: number, decay: number): void;
  catchUpAll(rowCount: number, step: number, decay: number): void;
  gather(exampleCount: number, x0: number, width: number, sums: number): void;
  scatterSums(sumsGradient: number, places: number, gradients: number, count: number): void;
  scatterVectors(x0Gradient: number, width: number, places: number, gradients: number, count: number): void;
  updateTouched(
    touched: number,
    count: number,
    vectorGradients: number,
    linearGradients: number,
    rate: number,
    decay: number,
  ): void;
}

/** The kernel's numbers for the rules. */
const RULES = { sgd: 0, adagrad: 1, adam: 2 } as const;

/** A step's arrays beside its pairs. */
interface Staged {
  readonly places: Int32Array;
  readonly touched: Int32Array;
  readonly vectorGradients: Float32Array;
  readonly linearGradients: Float32Array;
  readonly x0: Float32Array;
  readonly sums: Float32Array;
}

let module: WebAssembly.Module | undefined;

export class KernelLoops implements TableLoops {
  readonly #table: TableState;
  readonly #memory: TableMemory;
  readonly #kernel: KernelExports;
  /** First byte of the room for batches. */
  readonly #room: number;
  #touchedCount = 0;

  /** The arrays of `table` lie in `memory`. */
  constructor(table: TableState, memory: TableMemory) {
    module ??= readKernel("table");
    const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory } });
    this.#kernel = exports as unknown as KernelExports; // assembly/table.ts
    this.#table = table;
    this.#memory = memory;
    const { rule, dimension, vectors, linear, lastStep, updates, place } = table;
    const corrections = memory.uint8(this.#kernel.correctionBytes());
    const marks = memory.uint8(Math.ceil(table.rowCount / 64) * 8);
    const weights = [vectors, linear].flatMap(({ values, slots: [first, second] }) => [values, first, second]);
    const pointers = [...weights, lastStep, updates, place, corrections, marks].map((array) => array?.byteOffset ?? 0);
    this.#kernel.setTable(RULES[rule.name], dimension, ...pointers);
    this.#room = memory.top;
  }

  /** Whether there is room for a batch. */
  fits({ pairCount, exampleCount, width }: Batch): boolean {
    const sizeBytes = pairCount * (25 + 4 * (this.#table.dimension + 1)) + 4 * exampleCount * (width + 1);
    return sizeBytes + ALIGNMENT_BYTES <= this.#memory.memory.buffer.byteLength - this.#room;
  }

  touch(batch: Batch, step: number, learningRate: number): void {
    const { touched, places } = this.#stage(batch);
    this.#touchedCount = this.#kernel.touch(this.#table.rowCount, touched.byteOffset, places.byteOffset);
    this.#kernel.catchUpTouched(touched.byteOffset, this.#touchedCount, step, learningRate * this.#table.l2);
  }

  catchUpAll(step: number, learningRate: number): void {
    this.#kernel.catchUpAll(this.#table.rowCount, step, learningRate * this.#table.l2);
  }

  gather(batch: Batch, x0: Float32Array, width: number, sums: Float32Array): void {
    const { exampleCount } = batch;
    const staged = this.#stage(batch);
    this.#kernel.gather(exampleCount, staged.x0.byteOffset, width, staged.sums.byteOffset);
    x0.set(staged.x0.subarray(0, exampleCount * width));
    sums.set(staged.sums);
  }

  update(
    batch: Batch,
    x0Gradient: Float32Array | null,
    width: number,
    sumsGradient: Float32Array | null,
    learningRate: number,
  ): void {
    const count = this.#touchedCount;
    const { touched, places, x0, sums, vectorGradients, linearGradients } = this.#stage(batch);
    if (x0Gradient) {
      x0.set(x0Gradient.subarray(0, x0.length));
      this.#kernel.scatterVectors(x0.byteOffset, width, places.byteOffset, vectorGradients.byteOffset, count);
    }
    if (sumsGradient) {
      sums.set(sumsGradient.subarray(0, sums.length));
      this.#kernel.scatterSums(sums.byteOffset, places.byteOffset, linearGradients.byteOffset, count);
    }
    const ofVectors = x0Gradient ? vectorGradients.byteOffset : 0;
    const ofLinear = sumsGradient ? linearGradients.byteOffset : 0;
    const decay = learningRate * this.#table.l2;
    this.#kernel.updateTouched(touched.byteOffset, count, ofVectors, ofLinear, learningRate, decay);
  }

  /** Copies a batch in. What lies beside its pairs keeps its place and numbers from call to call of the same batch. */
  #stage({ pairCount, exampleCount, width, example, row, weight, column, byValue }: Batch): Staged {
    const memory = this.#memory;
    const { dimension } = this.#table;
    memory.release(this.#room);
    const pairs = [
      ...[copy(memory.int32(pairCount), example), copy(memory.int32(pairCount), row)],
      ...[copy(memory.float32(pairCount), weight), copy(memory.int32(pairCount), column)],
      copy(memory.uint8(pairCount), byValue),
    ] as const;
    this.#kernel.setBatch(pairCount, ...pairs);
    return {
      places: memory.int32(pairCount),
      touched: memory.int32(pairCount),
      vectorGradients: memory.float32(pairCount * dimension),
      linearGradients: memory.float32(pairCount),
      x0: memory.float32(exampleCount * width),
      sums: memory.float32(exampleCount),
    };
  }
}

/** Of a step's arrays, and past the end of the last one: rows are read in whole vectors. */
const ALIGNMENT_BYTES = 1024;

/** Fills an array from a longer one; returns its pointer. */
function copy<A extends Int32Array | Float32Array | Uint8Array>(to: A, from: A): number {
  to.set(from.subarray(0, to.length));
  return to.byteOffset;
}

// The item table in the kernel's memory, packed for the scan.
import type { ServedItems } from "../served-items.ts";
import type { KernelExports } from "./exports.ts";
import { type KernelMemory, roundUp } from "./kernel-memory.ts";
import type { PlacedLayer, SumRows } from "./placed-layer.ts";
import { PANEL, STEP } from "./ranges.ts";

export class PlacedItems {
  readonly count: number;
  readonly #kernel: KernelExports;
  readonly #lowest: number;
  readonly #highest: number;
  /** Of inputs, 4 each. */
  readonly #steps: number;
  readonly #query: number;
  readonly #vectors: number;
  readonly #initial: number;
  readonly #factors: number;
  readonly #biases: number;

  constructor(kernel: KernelExports, memory: KernelMemory, items: ServedItems) {
    const { count, dimension, lowest, highest, vector, factor, bias } = items;
    this.#kernel = kernel;
    this.count = count;
    this.#lowest = lowest;
    this.#highest = highest;
    this.#steps = Math.ceil(dimension / STEP);
    this.#query = memory.reserve(roundUp(dimension, PANEL));
    const padded = roundUp(count, PANEL);
    this.#vectors = memory.reserve(padded * this.#steps * STEP);
    this.#initial = memory.reserve(padded * 4);
    this.#factors = memory.reserve(padded * 4);
    this.#biases = memory.reserve(padded * 4);
    const { int32, float32 } = memory; // after reserving, which may grow the memory
    pack(
      wordsOf(vector, dimension),
      this.#steps,
      int32.subarray(this.#vectors >>> 2),
      int32.subarray(this.#initial >>> 2),
      lowest,
    );
    float32.set(factor, this.#factors >>> 2);
    float32.set(bias, this.#biases >>> 2);
  }

  /** Scores all items by the query that the tower's last layer gives; the best `wanted`, at least 1, go to the top list. */
  retrieve(last: PlacedLayer, { pointers, offset, base }: SumRows, wanted: number): number {
    const { width, factors, biases } = last;
    const [lowest, highest] = [this.#lowest, this.#highest];
    this.#kernel.requantizeBytes(pointers, 1, offset, base, width, factors, biases, lowest, highest, -lowest, this.#query);
    return this.#kernel.retrieve(
      this.#query,
      this.#steps,
      this.#vectors,
      this.count,
      this.#initial,
      this.#factors,
      this.#biases,
      wanted,
    );
  }
}

/** Rows of 4 int8 a word, the last padded with zeros. */
function wordsOf(vector: Int8Array, dimension: number): Int32Array {
  const wholeWords = dimension % STEP === 0;
  if (wholeWords && vector.byteOffset % STEP === 0) return new Int32Array(vector.buffer, vector.byteOffset, vector.length / STEP);
  const rowBytes = roundUp(dimension, STEP);
  const rows = new Int8Array((vector.length / dimension) * rowBytes);
  for (let from = 0, to = 0; from < vector.length; from += dimension, to += rowBytes)
    rows.set(vector.subarray(from, from + dimension), to);
  return new Int32Array(rows.buffer);
}

/** `vectors`: [panel][step][16 items], a word each. `initial`: what a query that stands above its activations adds to each item's sum. */
function pack(words: Int32Array, steps: number, vectors: Int32Array, initial: Int32Array, lowest: number): void {
  const count = words.length / steps;
  for (let item = 0, at = 0; item < count; item++) {
    const first = (item - (item % PANEL)) * steps + (item % PANEL);
    let sum = 0;
    for (let step = 0; step < steps; step++, at++) {
      const word = words[at] as number; // below count * steps
      vectors[first + step * PANEL] = word;
      sum += ((word << 24) >> 24) + ((word << 16) >> 24) + ((word << 8) >> 24) + (word >> 24);
    }
    initial[item] = lowest * sum;
  }
}

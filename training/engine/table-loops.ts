// What a step does to a table, in plain loops: the definition, and what runs where a table or a batch is too large for the kernel.
import type { Batch } from "./batch.ts";
import type { TableState } from "./table-state.ts";

/** The loops of a table, over its state. Gradients are null where the net does not read what they belong to. */
export interface TableLoops {
  /** Lists the batch's rows, lets each catch up on the decay of the steps that it missed, and makes `step` its last. */
  touch(batch: Batch, step: number, learningRate: number): void;
  /** Lets every row that was ever updated catch up until `step`. */
  catchUpAll(step: number, learningRate: number): void;
  /** Fills `x0` [examples, width] and `sums` [examples], the weighted sums of linear weights. */
  gather(batch: Batch, x0: Float32Array, width: number, sums: Float32Array): void;
  /** Sums the gradients by row, and updates the rows that `touch` listed. */
  update(
    batch: Batch,
    x0Gradient: Float32Array | null,
    width: number,
    sumsGradient: Float32Array | null,
    learningRate: number,
  ): void;
}

export class PlainLoops implements TableLoops {
  readonly #table: TableState;
  #touched = new Int32Array(0);
  #vectorGradients = new Float32Array(0);
  #linearGradients = new Float32Array(0);
  #touchedCount = 0;

  constructor(table: TableState) {
    this.#table = table;
  }

  touch({ row, pairCount }: Batch, step: number, learningRate: number): void {
    const { lastStep, place } = this.#table;
    this.#touchedCount = 0;
    this.#reserve(pairCount);
    for (let k = 0; k < pairCount; k++) {
      const r = row[k]!;
      if (lastStep[r] === step) continue;
      this.#catchUp(r, step - 1, learningRate);
      lastStep[r] = step;
      place[r] = this.#touchedCount;
      this.#touched[this.#touchedCount++] = r;
    }
  }

  catchUpAll(step: number, learningRate: number): void {
    const { rowCount, lastStep, updates } = this.#table;
    for (let r = 0; r < rowCount; r++) {
      this.#catchUp(r, step, learningRate);
      if (updates[r]! > 0) lastStep[r] = step;
    }
  }

  #catchUp(r: number, untilStep: number, learningRate: number): void {
    const { lastStep, dimension, rule, l2, vectors, linear } = this.#table;
    const missed = untilStep - lastStep[r]!;
    const updates = this.#table.updates[r]!;
    if (l2 === 0 || missed <= 0 || updates === 0) return;
    const step = { learningRate, l2, updates };
    rule.decay(vectors, r * dimension, dimension, missed, step);
    rule.decay(linear, r, 1, missed, step);
  }

  gather(batch: Batch, x0: Float32Array, width: number, sums: Float32Array): void {
    const { dimension } = this.#table;
    const vectors = this.#table.vectors.values;
    const linear = this.#table.linear.values;
    x0.fill(0, 0, batch.exampleCount * width);
    sums.fill(0, 0, batch.exampleCount);
    for (let k = 0; k < batch.pairCount; k++) {
      const r = batch.row[k]!;
      const weight = batch.weight[k]!;
      const example = batch.example[k]!;
      sums[example] = sums[example]! + weight * linear[r]!;
      if (width === 0) continue;
      const to = example * width + batch.column[k]!;
      if (batch.byValue[k]) x0[to] = x0[to]! + weight;
      else for (let d = 0, from = r * dimension; d < dimension; d++) x0[to + d] = x0[to + d]! + weight * vectors[from + d]!;
    }
  }

  update(
    batch: Batch,
    x0Gradient: Float32Array | null,
    width: number,
    sumsGradient: Float32Array | null,
    learningRate: number,
  ): void {
    const { dimension, rule, l2, updates, vectors, linear } = this.#table;
    this.#vectorGradients.fill(0, 0, this.#touchedCount * dimension);
    this.#linearGradients.fill(0, 0, this.#touchedCount);
    if (sumsGradient) this.#scatterSums(batch, sumsGradient);
    if (x0Gradient) this.#scatterVectors(batch, x0Gradient, width);
    for (let place = 0; place < this.#touchedCount; place++) {
      const r = this.#touched[place]!;
      const step = { learningRate, l2, updates: (updates[r] = updates[r]! + 1) };
      if (x0Gradient) rule.update(vectors, r * dimension, this.#vectorGradients, place * dimension, dimension, step);
      if (sumsGradient) rule.update(linear, r, this.#linearGradients, place, 1, step);
    }
  }

  #scatterSums({ pairCount, row, weight, example }: Batch, gradient: Float32Array): void {
    const { place } = this.#table;
    const into = this.#linearGradients;
    for (let k = 0; k < pairCount; k++) {
      const to = place[row[k]!]!;
      into[to] = into[to]! + weight[k]! * gradient[example[k]!]!;
    }
  }

  #scatterVectors({ pairCount, row, weight, example, column, byValue }: Batch, gradient: Float32Array, width: number): void {
    const { dimension, place } = this.#table;
    const into = this.#vectorGradients;
    for (let k = 0; k < pairCount; k++) {
      if (byValue[k]) continue;
      const to = place[row[k]!]! * dimension;
      const from = example[k]! * width + column[k]!;
      for (let d = 0; d < dimension; d++) into[to + d] = into[to + d]! + weight[k]! * gradient[from + d]!;
    }
  }

  #reserve(rows: number): void {
    if (this.#touched.length >= rows) return;
    this.#touched = new Int32Array(rows);
    this.#vectorGradients = new Float32Array(rows * this.#table.dimension);
    this.#linearGradients = new Float32Array(rows);
  }
}

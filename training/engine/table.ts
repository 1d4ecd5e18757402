// The embedding table: vectors and linear weights in typed arrays, gathered and updated only at the rows that a batch touches.
import type { Batch } from "./batch.ts";
import type { Random } from "./random.ts";
import { createWeights, type UpdateRule, type Weights } from "./update-rule.ts";

export interface TableOptions {
  readonly rowCount: number;
  readonly dimension: number;
  readonly rule: UpdateRule;
  /** Penalty on both vectors and linear weights; see `UpdateRule`. */
  readonly l2: number;
  readonly random: Random;
}

/** Vectors begin in +-INITIAL_LIMIT, so that a rare row says little until it has been seen; linear weights begin at 0. */
const INITIAL_LIMIT = 0.01;

export function initialVectors(rowCount: number, dimension: number, random: Random): Float32Array {
  return random.fillUniform(new Float32Array(rowCount * dimension), INITIAL_LIMIT);
}

/** Rows that were never touched keep their first value: without a gradient there is no metric to decay in, and nothing to forget. */
export class EmbeddingTable {
  readonly dimension: number;
  readonly vectors: Weights;
  readonly linear: Weights;
  readonly #rule: UpdateRule;
  readonly #l2: number;
  readonly #lastStep: Int32Array;
  readonly #updates: Int32Array;
  /** Place of a row in `#touched` and in the gradients, valid while the row's last step is the current one. */
  readonly #place: Int32Array;
  #touched = new Int32Array(0);
  #vectorGradients = new Float32Array(0);
  #linearGradients = new Float32Array(0);
  #touchedCount = 0;
  #step = 0;

  constructor({ rowCount, dimension, rule, l2, random }: TableOptions) {
    this.dimension = dimension;
    this.vectors = createWeights(initialVectors(rowCount, dimension, random), rule);
    this.linear = createWeights(new Float32Array(rowCount), rule);
    this.#rule = rule;
    this.#l2 = l2;
    this.#lastStep = new Int32Array(rowCount);
    this.#updates = new Int32Array(rowCount);
    this.#place = new Int32Array(rowCount);
  }

  /** All that later steps depend on; views. */
  state(): readonly (Float32Array | Int32Array)[] {
    const { vectors, linear } = this;
    return [vectors.values, ...vectors.slots, linear.values, ...linear.slots, this.#lastStep, this.#updates];
  }

  /** Steps so far. */
  get step(): number {
    return this.#step;
  }

  set step(step: number) {
    this.#step = step;
  }

  /** Begins a step: lists the batch's rows, and lets each catch up on the decay of the steps that it missed. */
  touch({ row, pairCount }: Batch, learningRate: number): void {
    this.#step++;
    this.#touchedCount = 0;
    this.#reserve(pairCount);
    for (let k = 0; k < pairCount; k++) {
      const r = row[k]!;
      if (this.#lastStep[r] === this.#step) continue;
      this.#catchUp(r, this.#step - 1, learningRate);
      this.#lastStep[r] = this.#step;
      this.#place[r] = this.#touchedCount;
      this.#touched[this.#touchedCount++] = r;
    }
  }

  /** Lets every row catch up. Due before the weights are read as a whole, and before the learning rate changes. */
  catchUpAll(learningRate: number): void {
    if (this.#l2 === 0) return;
    for (let r = 0; r < this.#lastStep.length; r++) {
      this.#catchUp(r, this.#step, learningRate);
      if (this.#updates[r]! > 0) this.#lastStep[r] = this.#step;
    }
  }

  #catchUp(r: number, untilStep: number, learningRate: number): void {
    const missed = untilStep - this.#lastStep[r]!;
    const updates = this.#updates[r]!;
    if (this.#l2 === 0 || missed <= 0 || updates === 0) return;
    const step = { learningRate, l2: this.#l2, updates };
    this.#rule.decay(this.vectors, r * this.dimension, this.dimension, missed, step);
    this.#rule.decay(this.linear, r, 1, missed, step);
  }

  /** Fills `x0` [examples, width] and `sums` [examples] (the weighted sums of linear weights). */
  gather(batch: Batch, x0: Float32Array, width: number, sums: Float32Array): void {
    const { dimension } = this;
    const vectors = this.vectors.values;
    const linear = this.linear.values;
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

  /** Ends a step: sums the gradients of `x0` and `sums` by row, and updates the rows touched. */
  update(
    batch: Batch,
    x0Gradient: Float32Array | null,
    width: number,
    sumsGradient: Float32Array | null,
    learningRate: number,
  ): void {
    const { dimension } = this;
    this.#vectorGradients.fill(0, 0, this.#touchedCount * dimension);
    this.#linearGradients.fill(0, 0, this.#touchedCount);
    if (sumsGradient) this.#scatterSums(batch, sumsGradient);
    if (x0Gradient) this.#scatterVectors(batch, x0Gradient, width);
    for (let place = 0; place < this.#touchedCount; place++) {
      const r = this.#touched[place]!;
      const step = { learningRate, l2: this.#l2, updates: (this.#updates[r] = this.#updates[r]! + 1) };
      if (x0Gradient) this.#rule.update(this.vectors, r * dimension, this.#vectorGradients, place * dimension, dimension, step);
      if (sumsGradient) this.#rule.update(this.linear, r, this.#linearGradients, place, 1, step);
    }
  }

  #scatterSums({ pairCount, row, weight, example }: Batch, gradient: Float32Array): void {
    const into = this.#linearGradients;
    for (let k = 0; k < pairCount; k++) {
      const place = this.#place[row[k]!]!;
      into[place] = into[place]! + weight[k]! * gradient[example[k]!]!;
    }
  }

  #scatterVectors({ pairCount, row, weight, example, column, byValue }: Batch, gradient: Float32Array, width: number): void {
    const { dimension } = this;
    const into = this.#vectorGradients;
    for (let k = 0; k < pairCount; k++) {
      if (byValue[k]) continue;
      const to = this.#place[row[k]!]! * dimension;
      const from = example[k]! * width + column[k]!;
      for (let d = 0; d < dimension; d++) into[to + d] = into[to + d]! + weight[k]! * gradient[from + d]!;
    }
  }

  #reserve(rows: number): void {
    if (this.#touched.length >= rows) return;
    this.#touched = new Int32Array(rows);
    this.#vectorGradients = new Float32Array(rows * this.dimension);
    this.#linearGradients = new Float32Array(rows);
  }
}

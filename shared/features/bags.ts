// Encoded examples: for each field a bag of (table row, weight) pairs, in compressed sparse rows.

/**
 * `count` examples of `fieldCount` fields. The bag of field `f` of example `e` is `rows[k], weights[k]` for `k` in
 * `offsets[e * fieldCount + f] .. offsets[e * fieldCount + f + 1]`. A field's embedding is the weighted sum of its rows, its
 * linear term the weighted sum of their linear weights.
 *
 * Shapes: `offsets` [count * fieldCount + 1], ascending, not always from 0 (see `sliceBags`); `rows` and `weights` [at least offsets[last]].
 */
export interface Bags {
  readonly fieldCount: number;
  readonly count: number;
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
  readonly weights: Float32Array;
}

/** Collects bags; grows as needed, and is reused between requests by `clear`. */
export class BagWriter {
  readonly fieldCount: number;
  #offsets = new Int32Array(64);
  #rows = new Int32Array(64);
  #weights = new Float32Array(64);
  #bagCount = 0;
  #entryCount = 0;

  constructor(fieldCount: number) {
    this.fieldCount = fieldCount;
  }

  clear(): void {
    this.#bagCount = 0;
    this.#entryCount = 0;
  }

  /** Adds one (row, weight) pair to the bag being written. */
  add(row: number, weight: number): void {
    if (this.#entryCount === this.#rows.length) {
      this.#rows = grow(this.#rows, new Int32Array(this.#entryCount * 2));
      this.#weights = grow(this.#weights, new Float32Array(this.#entryCount * 2));
    }
    this.#rows[this.#entryCount] = row;
    this.#weights[this.#entryCount] = weight;
    this.#entryCount++;
  }

  /** Memory of what was written so far, without the room to grow. */
  get sizeBytes(): number {
    return this.#entryCount * 8 + this.#bagCount * 4;
  }

  /** Pairs in the bag being written. */
  get openLength(): number {
    return this.#entryCount - (this.#offsets[this.#bagCount] as number); // offsets[0..bagCount] are always set
  }

  /** Weight of every pair in the bag being written, multiplied by `factor`. */
  scaleOpen(factor: number): void {
    for (let k = this.#offsets[this.#bagCount] as number; k < this.#entryCount; k++) {
      this.#weights[k] = (this.#weights[k] as number) * factor;
    }
  }

  /** Ends the bag being written and begins the next. */
  close(): void {
    this.#bagCount++;
    if (this.#bagCount === this.#offsets.length) this.#offsets = grow(this.#offsets, new Int32Array(this.#bagCount * 2));
    this.#offsets[this.#bagCount] = this.#entryCount;
  }

  /** The bags written so far, as views that the next `clear` or `add` invalidates. */
  view(): Bags {
    return {
      fieldCount: this.fieldCount,
      count: this.fieldCount === 0 ? 0 : this.#bagCount / this.fieldCount,
      offsets: this.#offsets.subarray(0, this.#bagCount + 1),
      rows: this.#rows.subarray(0, this.#entryCount),
      weights: this.#weights.subarray(0, this.#entryCount),
    };
  }
}

function grow<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/**
 * Examples `first .. first + count - 1` as a view. Its `offsets` index the whole `rows` and `weights`, so they need not begin at 0.
 *
 * @example scorer.score(sliceBags(dataset.context, 7, 1), sliceBags(dataset.candidate, 7, 1));
 */
export function sliceBags({ fieldCount, offsets, rows, weights }: Bags, first: number, count: number): Bags {
  return { fieldCount, count, offsets: offsets.subarray(first * fieldCount, (first + count) * fieldCount + 1), rows, weights };
}

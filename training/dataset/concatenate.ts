// Datasets one after the other in memory that is used again.
import type { Bags } from "../../shared/features/bags.ts";
import type { Dataset } from "./dataset.ts";

/** Without `targets`; with times and steps on the way where all parts have them. */
export class Concatenation {
  readonly #context: BagConcatenation;
  readonly #candidate: BagConcatenation;
  #labels = new Uint8Array(0);
  #through: Uint8Array | null = new Uint8Array(0);
  #timesMs: Float64Array | null = new Float64Array(0);
  #count = 0;

  constructor(contextFields: number, candidateFields: number) {
    this.#context = new BagConcatenation(contextFields);
    this.#candidate = new BagConcatenation(candidateFields);
  }

  clear(): void {
    this.#count = 0;
    this.#through ??= new Uint8Array(0);
    this.#timesMs ??= new Float64Array(0);
    this.#context.clear();
    this.#candidate.clear();
  }

  add({ context, candidate, labels, through, timesMs }: Dataset): void {
    this.#context.add(context);
    this.#candidate.add(candidate);
    const count = this.#count + labels.length;
    this.#labels = roomFor(this.#labels, count, Uint8Array);
    this.#labels.set(labels, this.#count);
    this.#through = through && this.#through ? roomFor(this.#through, count, Uint8Array) : null;
    if (through) this.#through?.set(through, this.#count);
    this.#timesMs = timesMs && this.#timesMs && roomFor(this.#timesMs, count, Float64Array);
    if (timesMs) this.#timesMs?.set(timesMs, this.#count);
    this.#count = count;
  }

  /** All that was added; the next `clear` or `add` invalidates it. */
  view(): Dataset {
    const count = this.#count;
    return {
      context: { ...this.#context.view(), count },
      candidate: { ...this.#candidate.view(), count },
      labels: this.#labels.subarray(0, count),
      ...(this.#through && count > 0 ? { through: this.#through.subarray(0, count) } : {}),
      timesMs: this.#timesMs?.subarray(0, count) ?? null,
    };
  }
}

class BagConcatenation {
  readonly #fieldCount: number;
  #offsets = new Int32Array(1);
  #rows = new Int32Array(0);
  #weights = new Float32Array(0);
  #bags = 0;
  #pairs = 0;

  constructor(fieldCount: number) {
    this.#fieldCount = fieldCount;
  }

  clear(): void {
    this.#bags = 0;
    this.#pairs = 0;
  }

  /** Whose offsets begin at 0. */
  add({ offsets, rows, weights }: Bags): void {
    const [bags, pairs] = [offsets.length - 1, rows.length];
    this.#offsets = roomFor(this.#offsets, this.#bags + bags + 1, Int32Array);
    this.#rows = roomFor(this.#rows, this.#pairs + pairs, Int32Array);
    this.#weights = roomFor(this.#weights, this.#pairs + pairs, Float32Array);
    for (let bag = 1; bag <= bags; bag++) this.#offsets[this.#bags + bag] = this.#pairs + offsets[bag]!;
    this.#rows.set(rows, this.#pairs);
    this.#weights.set(weights, this.#pairs);
    this.#bags += bags;
    this.#pairs += pairs;
  }

  view(): Omit<Bags, "count"> {
    return {
      fieldCount: this.#fieldCount,
      offsets: this.#offsets.subarray(0, this.#bags + 1),
      rows: this.#rows.subarray(0, this.#pairs),
      weights: this.#weights.subarray(0, this.#pairs),
    };
  }
}

type Numbers = Int32Array | Float32Array | Uint8Array | Float64Array;

/** The same array where it is long enough, else a longer one with the same beginning. */
function roomFor<T extends Numbers>(array: T, length: number, kind: new (length: number) => T): T {
  if (array.length >= length) return array;
  const longer = new kind(Math.max(length, Math.ceil(array.length * 1.5)));
  longer.set(array);
  return longer;
}

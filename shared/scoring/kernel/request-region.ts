// One side's bags going in, and scores coming out; grows with the largest request seen.
import type { Bags } from "../../features/bags.ts";
import type { DrawnScores, Scores } from "../scorer.ts";
import type { KernelMemory } from "./kernel-memory.ts";

const FIRST_CAPACITY = 1024;

export class RequestRegion {
  offsets = 0;
  rows = 0;
  weights = 0;
  logits = 0;
  probabilities = 0;
  drawLogits = 0;
  drawProbabilities = 0;
  readonly #memory: KernelMemory;
  #bagCapacity = 0;
  #entryCapacity = 0;
  #scoreCapacity = 0;
  #drawCapacity = 0;
  #scores: Scores | null = null;

  constructor(memory: KernelMemory) {
    this.#memory = memory;
    this.#ensureBags(FIRST_CAPACITY, FIRST_CAPACITY);
    this.ensureScores(FIRST_CAPACITY);
  }

  /** Copies the bags' offsets as they are, and the entries that they point at. */
  put({ fieldCount, count, offsets, rows, weights }: Bags): { base: number; entryCount: number } {
    const bagCount = fieldCount * count;
    const base = offsets[0] ?? 0;
    const end = offsets[bagCount];
    if (end === undefined || base < 0 || end < base || end > rows.length || end > weights.length) {
      throw new Error(`bags: ${bagCount + 1} offsets into ${rows.length} rows expected, found ${offsets.length} up to ${end}`);
    }
    this.#ensureBags(bagCount + 1, end - base);
    const { int32, float32 } = this.#memory;
    int32.set(offsets.length === bagCount + 1 ? offsets : offsets.subarray(0, bagCount + 1), this.offsets >>> 2);
    int32.set(rows.length === end - base ? rows : rows.subarray(base, end), this.rows >>> 2);
    float32.set(weights.length === end - base ? weights : weights.subarray(base, end), this.weights >>> 2);
    return { base, entryCount: end - base };
  }

  /** Room for `count` scores. */
  ensureScores(count: number): void {
    if (count <= this.#scoreCapacity) return;
    const capacity = Math.ceil(count * 1.5);
    this.logits = this.#memory.reserve(capacity * 4);
    this.probabilities = this.#memory.reserve(capacity * 8);
    this.#scoreCapacity = capacity; // last: where memory is out, the next request must not believe that there was room
  }

  /** Room for `count` scores of draws. */
  ensureDraws(count: number): void {
    if (count <= this.#drawCapacity) return;
    const capacity = Math.ceil(count * 1.5);
    this.drawLogits = this.#memory.reserve(capacity * 4);
    this.drawProbabilities = this.#memory.reserve(capacity * 8);
    this.#drawCapacity = capacity; // last: as above
  }

  /** The scores, and of each `drawCount` more. */
  drawnScores(count: number, drawCount: number): DrawnScores {
    const { float32, float64 } = this.#memory;
    const [first, firstProbability] = [this.drawLogits >>> 2, this.drawProbabilities >>> 3];
    return {
      ...this.scores(count),
      drawLogits: float32.subarray(first, first + count * drawCount),
      drawProbabilities: float64.subarray(firstProbability, firstProbability + count * drawCount),
    };
  }

  /** The scores as views, made anew only where their number or the memory has changed. */
  scores(count: number): Scores {
    const { float32, float64 } = this.#memory;
    const last = this.#scores;
    const first = this.logits >>> 2;
    const same = last?.logits.length === count && last.logits.buffer === float32.buffer;
    if (last && same && last.logits.byteOffset === this.logits) return last;
    const firstProbability = this.probabilities >>> 3;
    this.#scores = {
      logits: float32.subarray(first, first + count),
      probabilities: float64.subarray(firstProbability, firstProbability + count),
    };
    return this.#scores;
  }

  #ensureBags(bagCount: number, entryCount: number): void {
    if (bagCount > this.#bagCapacity) {
      const capacity = Math.ceil(bagCount * 1.5);
      this.offsets = this.#memory.reserve(capacity * 4);
      this.#bagCapacity = capacity;
    }
    if (entryCount > this.#entryCapacity) {
      const capacity = Math.ceil(entryCount * 1.5);
      this.rows = this.#memory.reserve(capacity * 4);
      this.weights = this.#memory.reserve(capacity * 4);
      this.#entryCapacity = capacity;
    }
  }
}

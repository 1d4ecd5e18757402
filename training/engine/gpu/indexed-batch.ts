// A batch as the GPU takes it: the rows of its pairs by field and example, and the same pairs sorted by row, so that one thread sums a row's gradient.
import type { Bags } from "../../../shared/features/bags.ts";
import type { Dataset } from "../../dataset/dataset.ts";

/**
 * Sections of one array of 32-bit words, by the place where each begins. Pairs are those of field 0, example by example, then
 * those of field 1: a field's rows lie together in memory, so that sorting by row is quick. A segment is a run of at most SEGMENT_LENGTH pairs of one row: a thread's share of a sum.
 *
 * | section | words | |
 * |---|---|---|
 * | rows | pairs | the table row of a pair |
 * | order | pairs | the pairs, sorted by row |
 * | touched | rows touched | their table rows |
 * | updates | rows touched | how often each was touched, this time included |
 * | missed | rows touched | steps since the last time |
 * | firstSegments | rows touched + 1 | a touched row's first segment |
 * | segments | segments + 1 | a segment's first place in `order` |
 * | bagStarts | bags + 1 | a bag's first pair; bag `field * examples + example`. Absent where every bag is one pair of weight 1 |
 * | bags | pairs | a pair's bag; absent likewise |
 * | weights | pairs | f32; absent likewise |
 */
export interface IndexedBatch {
  exampleCount: number;
  pairCount: number;
  touchedCount: number;
  segmentCount: number;
  /** Whether every bag is one pair of weight 1. */
  oneHot: boolean;
  sections: { rows: number; order: number; touched: number; updates: number; missed: number; firstSegments: number; segments: number; bagStarts: number; bags: number; weights: number };
  wordCount: number;
  words: Int32Array;
  labels: Float32Array;
}

/** So long that few sums need many, and so short that the batch's most frequent row does not keep one thread busy alone. */
export const SEGMENT_LENGTH = 64;

/** What is known of each row without its weights: when it was last touched, and how often. */
export class RowRecords {
  readonly rowCount: number;
  /** A row's last step, and its number of updates. */
  readonly lastStep: Int32Array;
  readonly updates: Int32Array;
  /** Steps so far. */
  step = 0;
  /** Of a row of the batch at hand: its number of pairs, then the place of its next one. Otherwise 0. */
  readonly #cursor: Int32Array;

  constructor(rowCount: number) {
    this.rowCount = rowCount;
    this.lastStep = new Int32Array(rowCount);
    this.updates = new Int32Array(rowCount);
    this.#cursor = new Int32Array(rowCount);
  }

  /** Fills all of the batch that prediction needs: rows, bags and labels. */
  fill(batch: IndexedBatch, data: Dataset, order: Int32Array, from: number, to: number): void {
    const { context, candidate } = data;
    const fieldCount = context.fieldCount + candidate.fieldCount;
    batch.exampleCount = to - from;
    batch.oneHot = isOneHot(context) && isOneHot(candidate);
    batch.pairCount = batch.oneHot ? batch.exampleCount * fieldCount : countPairs(context, order, from, to) + countPairs(candidate, order, from, to);
    layOut(batch, fieldCount);
    if (batch.oneHot) fillOneHot(batch, data, order, from, to);
    else fillBags(batch, data, order, from, to);
    const targets = data.targets ?? data.labels;
    for (let b = from; b < to; b++) batch.labels[b - from] = targets[order[b]!]!;
  }

  /** Begins a step: lists the batch's rows, and sorts its pairs by them. */
  touch(batch: IndexedBatch): void {
    this.step++;
    batch.touchedCount = this.#count(batch);
    this.#divide(batch);
    const { words, pairCount, sections, touchedCount } = batch;
    const cursor = this.#cursor;
    for (let pair = 0; pair < pairCount; pair++) {
      const row = words[pair]!;
      const place = cursor[row]!;
      cursor[row] = place + 1;
      words[sections.order + place] = pair;
    }
    for (let index = 0; index < touchedCount; index++) cursor[words[sections.touched + index]!] = 0;
  }

  /** Counts each row's pairs, and lists the rows. */
  #count({ words, pairCount, sections: { touched } }: IndexedBatch): number {
    const cursor = this.#cursor;
    let count = 0;
    for (let pair = 0; pair < pairCount; pair++) {
      const row = words[pair]!;
      const before = cursor[row]!;
      cursor[row] = before + 1;
      words[touched + count] = row; // stays where the row is new
      count += before === 0 ? 1 : 0;
    }
    return count;
  }

  /** Tells each row's history, divides its pairs into segments, and turns its count into the place of its first pair. */
  #divide(batch: IndexedBatch): void {
    const { words, sections, touchedCount } = batch;
    let segment = 0;
    let place = 0;
    for (let index = 0; index < touchedCount; index++) {
      const row = words[sections.touched + index]!;
      words[sections.missed + index] = this.step - 1 - this.lastStep[row]!;
      this.lastStep[row] = this.step;
      words[sections.updates + index] = this.updates[row] = this.updates[row]! + 1;
      words[sections.firstSegments + index] = segment;
      const end = place + this.#cursor[row]!;
      this.#cursor[row] = place;
      for (; place < end; place += SEGMENT_LENGTH) words[sections.segments + segment++] = place;
      place = end;
    }
    words[sections.firstSegments + touchedCount] = segment;
    words[sections.segments + segment] = place;
    batch.segmentCount = segment;
  }

  /** Steps that every row missed so far, and its number of updates: [rows, 2]. From then on none has missed any. */
  catchUp(): Int32Array {
    const owed = new Int32Array(this.rowCount * 2);
    for (let row = 0; row < this.rowCount; row++) {
      if (this.updates[row] === 0) continue;
      owed[row * 2] = this.step - this.lastStep[row]!;
      owed[row * 2 + 1] = this.updates[row]!;
      this.lastStep[row] = this.step;
    }
    return owed;
  }
}

export function createBatch(): IndexedBatch {
  const sections = { rows: 0, order: 0, touched: 0, updates: 0, missed: 0, firstSegments: 0, segments: 0, bagStarts: 0, bags: 0, weights: 0 };
  const counts = { exampleCount: 0, pairCount: 0, touchedCount: 0, segmentCount: 0, wordCount: 0 };
  return { ...counts, oneHot: true, sections, words: new Int32Array(0), labels: new Float32Array(0) };
}

/** Room for as many rows and segments as there are pairs, which is as many as there can be. */
function layOut(batch: IndexedBatch, fieldCount: number): void {
  const { pairCount, exampleCount, oneHot, sections } = batch;
  let place = 0;
  const section = (words: number) => (place += words) - words;
  sections.rows = section(pairCount);
  sections.order = section(pairCount);
  if (!oneHot) {
    sections.bagStarts = section(exampleCount * fieldCount + 1);
    sections.bags = section(pairCount);
    sections.weights = section(pairCount);
  }
  sections.touched = section(pairCount + 1); // one more: `#count` writes before it knows
  sections.updates = section(pairCount);
  sections.missed = section(pairCount);
  sections.firstSegments = section(pairCount + 1);
  sections.segments = section(pairCount + 1);
  batch.wordCount = place;
  if (batch.words.length < place) batch.words = new Int32Array(Math.ceil(place * 1.25));
  if (batch.labels.length < exampleCount) batch.labels = new Float32Array(exampleCount);
}

/** Examples that are read together, field by field, while they are in the cache. */
const BLOCK = 256;

function fillOneHot(batch: IndexedBatch, data: Dataset, order: Int32Array, from: number, to: number): void {
  const count = to - from;
  for (let first = from; first < to; first += BLOCK) {
    const end = Math.min(to, first + BLOCK);
    let pairs = first - from;
    for (const { fieldCount, rows, offsets } of [data.context, data.candidate]) {
      for (let f = 0; f < fieldCount; f++, pairs += count) copyColumn(batch.words, pairs, rows, offsets[0]! + f, fieldCount, order, first, end);
    }
  }
}

/** A field's rows of the examples `order[first .. end - 1]`. */
function copyColumn(into: Int32Array, at: number, rows: Int32Array, column: number, stride: number, order: Int32Array, first: number, end: number): void {
  for (let b = first; b < end; b++) into[at + b - first] = rows[order[b]! * stride + column]!;
}

function fillBags({ words, sections }: IndexedBatch, { context, candidate }: Dataset, order: Int32Array, from: number, to: number): void {
  const weightBits = new Float32Array(words.buffer);
  let pair = 0;
  let bag = 0;
  for (const { fieldCount, offsets, rows, weights } of [context, candidate]) {
    for (let f = 0; f < fieldCount; f++) {
      for (let b = from; b < to; b++, bag++) {
        const source = order[b]! * fieldCount + f;
        words[sections.bagStarts + bag] = pair;
        for (let k = offsets[source]!; k < offsets[source + 1]!; k++, pair++) {
          words[sections.rows + pair] = rows[k]!;
          words[sections.bags + pair] = bag;
          weightBits[sections.weights + pair] = weights[k]!;
        }
      }
    }
  }
  words[sections.bagStarts + bag] = pair;
}

function countPairs({ fieldCount, offsets }: Bags, order: Int32Array, from: number, to: number): number {
  let pairs = 0;
  for (let b = from; b < to; b++) pairs += offsets[(order[b]! + 1) * fieldCount]! - offsets[order[b]! * fieldCount]!;
  return pairs;
}

const known = new WeakMap<Bags, boolean>();

function isOneHot(bags: Bags): boolean {
  let oneHot = known.get(bags);
  if (oneHot === undefined) {
    const { fieldCount, count, offsets, weights } = bags;
    const first = offsets[0]!;
    oneHot = true;
    for (let bag = 0; bag < fieldCount * count && oneHot; bag++) oneHot = offsets[bag + 1] === first + bag + 1 && weights[first + bag] === 1;
    known.set(bags, oneHot);
  }
  return oneHot;
}

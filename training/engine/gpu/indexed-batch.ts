// A batch as the GPU takes it: the rows of its pairs by field and example, and the same pairs sorted by row, so that one thread sums a row's gradient.
import type { Bags } from "../../../shared/features/bags.ts";
import type { Dataset } from "../../dataset/dataset.ts";
import type { HistoryLayout } from "../history-layout.ts";

type Section =
  | "rows"
  | "bagStarts"
  | "bags"
  | "weights"
  | "order"
  | "touched"
  | "updates"
  | "missed"
  | "firstSegments"
  | "segments";

/**
 * Sections of one array of 32-bit words, by the place where each begins. Pairs are those of field 0, example by example, then
 * those of field 1: a field's rows lie together in memory, so that sorting by row is quick. A segment is a run of at most SEGMENT_LENGTH pairs of one row: a thread's share of a sum.
 *
 * | section | words | |
 * |---|---|---|
 * | rows | pairs | the table row of a pair |
 * | bagStarts | bags + 1 | a bag's first pair; bag `field * examples + example`. Absent where every bag is one pair of weight 1 |
 * | bags | pairs | a pair's bag; absent likewise |
 * | weights | pairs | f32; absent likewise |
 * | order | pairs | the pairs, sorted by row |
 * | touched | rows touched | their table rows |
 * | updates | rows touched | how often each was touched, this time included |
 * | missed | rows touched | steps since the last time |
 * | firstSegments | rows touched + 1 | a touched row's first segment |
 * | segments | segments + 1 | a segment's first place in `order` |
 */
export interface IndexedBatch {
  exampleCount: number;
  pairCount: number;
  touchedCount: number;
  segmentCount: number;
  /** Whether every bag is one pair of weight 1. */
  oneHot: boolean;
  sections: Record<Section, number>;
  wordCount: number;
  words: Int32Array;
  labels: Float32Array;
  /** Empty where the data know of no step on the way to the label. */
  through: Float32Array;
}

/**
 * Fills all of the batch that prediction needs: rows, bags and labels; and leaves room for what `sortByRow` adds. Each position of
 * a history is a field of its own behind those of the map, with at most one pair.
 */
export function fillBatch(
  batch: IndexedBatch,
  data: Dataset,
  order: Int32Array,
  from: number,
  to: number,
  histories: readonly HistoryLayout[] = [],
): void {
  const { context, candidate } = data;
  const positions = histories.reduce((sum, history) => sum + history.positions, 0);
  const fieldCount = context.fieldCount + candidate.fieldCount + positions;
  batch.exampleCount = to - from;
  batch.oneHot = positions === 0 && isOneHot(context) && isOneHot(candidate);
  batch.pairCount = batch.oneHot
    ? batch.exampleCount * fieldCount
    : countPairs(context, order, from, to) + countPairs(candidate, order, from, to) + positions * batch.exampleCount;
  layOut(batch, fieldCount);
  if (batch.oneHot) fillOneHot(batch, data, order, from, to);
  else batch.pairCount = fillBags(batch, data, order.subarray(from, to), histories);
  const targets = data.targets ?? data.labels;
  for (let b = from; b < to; b++) batch.labels[b - from] = targets[order[b]!]!;
  const { through } = data;
  batch.through = through ? Float32Array.from(order.subarray(from, to), (example) => through[example]!) : new Float32Array(0);
}

export function createBatch(): IndexedBatch {
  const none = { order: 0, touched: 0, updates: 0, missed: 0, firstSegments: 0, segments: 0 };
  const sections = { rows: 0, bagStarts: 0, bags: 0, weights: 0, ...none };
  const counts = { exampleCount: 0, pairCount: 0, touchedCount: 0, segmentCount: 0, wordCount: 0 };
  const values = { labels: new Float32Array(0), through: new Float32Array(0) };
  return { ...counts, oneHot: true, sections, words: new Int32Array(0), ...values };
}

/** Room for as many rows and segments as there are pairs, which is as many as there can be. */
function layOut(batch: IndexedBatch, fieldCount: number): void {
  const { pairCount, exampleCount, oneHot, sections } = batch;
  sections.bagStarts = sections.rows + pairCount;
  sections.bags = sections.bagStarts + (oneHot ? 0 : exampleCount * fieldCount + 1);
  sections.weights = sections.bags + (oneHot ? 0 : pairCount);
  batch.wordCount = sections.weights + (oneHot ? 0 : pairCount);
  const room = batch.wordCount + 6 * pairCount + 3;
  if (batch.words.length < room) batch.words = new Int32Array(Math.ceil(room * 1.25));
  if (batch.labels.length < exampleCount) batch.labels = new Float32Array(Math.ceil(exampleCount * 1.25));
}

/** Examples that are read together, field by field, while they are in the cache. */
const BLOCK = 256;

function fillOneHot(batch: IndexedBatch, data: Dataset, order: Int32Array, from: number, to: number): void {
  const count = to - from;
  for (let first = from; first < to; first += BLOCK) {
    const end = Math.min(to, first + BLOCK);
    let pairs = first - from;
    for (const { fieldCount, rows, offsets } of [data.context, data.candidate]) {
      for (let f = 0; f < fieldCount; f++, pairs += count)
        copyColumn(batch.words, pairs, rows, offsets[0]! + f, fieldCount, order, first, end);
    }
  }
}

/** A field's rows of the examples `order[first .. end - 1]`. */
function copyColumn(
  into: Int32Array,
  at: number,
  rows: Int32Array,
  column: number,
  stride: number,
  order: Int32Array,
  first: number,
  end: number,
): void {
  for (let b = first; b < end; b++) into[at + b - first] = rows[order[b]! * stride + column]!;
}

/** Gives the number of pairs. */
function fillBags(batch: IndexedBatch, data: Dataset, examples: Int32Array, histories: readonly HistoryLayout[]): number {
  const { words, sections } = batch;
  const weightBits = new Float32Array(words.buffer);
  let pair = 0;
  let bag = 0;
  const add = (row: number, weight: number) => {
    words[sections.rows + pair] = row;
    words[sections.bags + pair] = bag;
    weightBits[sections.weights + pair] = weight;
    pair++;
  };
  for (const { fieldCount, offsets, rows, weights } of [data.context, data.candidate]) {
    for (let f = 0; f < fieldCount; f++) {
      for (let b = 0; b < examples.length; b++, bag++) {
        const source = examples[b]! * fieldCount + f;
        words[sections.bagStarts + bag] = pair;
        for (let k = offsets[source]!; k < offsets[source + 1]!; k++) add(rows[k]!, weights[k]!);
      }
    }
  }
  for (const { field, fieldIndex, positions } of histories) {
    const { fieldCount, offsets, rows } = data[field.from];
    for (let fromEnd = positions; fromEnd > 0; fromEnd--) {
      for (let b = 0; b < examples.length; b++, bag++) {
        const source = examples[b]! * fieldCount + fieldIndex;
        const k = offsets[source + 1]! - fromEnd;
        words[sections.bagStarts + bag] = pair;
        if (k >= offsets[source]! && rows[k] !== field.firstRow) add(rows[k]!, 1); // the first row is that of an empty history
      }
    }
  }
  words[sections.bagStarts + bag] = pair;
  return pair;
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
    for (let bag = 0; bag < fieldCount * count && oneHot; bag++)
      oneHot = offsets[bag + 1] === first + bag + 1 && weights[first + bag] === 1;
    known.set(bags, oneHot);
  }
  return oneHot;
}

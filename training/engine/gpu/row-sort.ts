// Sorts a batch's pairs by row, by counting: what is left for the GPU to do is to sum runs of pairs.
import type { IndexedBatch } from "./indexed-batch.ts";

/** So long that few sums need many, and so short that the batch's most frequent row does not keep one thread busy alone. */
const SEGMENT_LENGTH = 64;

/** What is known of each row without its weights; in shared memory, so that a worker keeps it. */
export interface RowHistory {
  /** The step that last touched a row. */
  readonly lastStep: Int32Array<SharedArrayBuffer>;
  /** How many steps did. */
  readonly updates: Int32Array<SharedArrayBuffer>;
}

export function createHistory(rowCount: number): RowHistory {
  const shared = () => new Int32Array(new SharedArrayBuffer(rowCount * 4));
  return { lastStep: shared(), updates: shared() };
}

/** Fills the batch's sections from `order` on. `cursor` [rows] is all 0, before and after. */
export function sortByRow(batch: IndexedBatch, history: RowHistory, step: number, cursor: Int32Array): void {
  const { words, pairCount, sections } = batch;
  sections.order = batch.wordCount;
  sections.touched = sections.order + pairCount;
  batch.touchedCount = countRows(batch, cursor);
  sections.updates = sections.touched + batch.touchedCount;
  sections.missed = sections.updates + batch.touchedCount;
  sections.firstSegments = sections.missed + batch.touchedCount;
  sections.segments = sections.firstSegments + batch.touchedCount + 1;
  batch.segmentCount = divide(batch, history, step, cursor);
  batch.wordCount = sections.segments + batch.segmentCount + 1;
  const { order, touched } = sections;
  for (let pair = 0; pair < pairCount; pair++) {
    const row = words[pair]!;
    const place = cursor[row]!;
    cursor[row] = place + 1;
    words[order + place] = pair;
  }
  for (let index = 0; index < batch.touchedCount; index++) cursor[words[touched + index]!] = 0;
}

/** Counts each row's pairs, and lists the rows. */
function countRows({ words, pairCount, sections: { touched } }: IndexedBatch, cursor: Int32Array): number {
  let count = 0;
  for (let pair = 0; pair < pairCount; pair++) {
    const row = words[pair]!;
    const before = cursor[row]!;
    cursor[row] = before + 1;
    words[touched + count] = row; // stays where the row is new: no branch to mispredict
    count += before === 0 ? 1 : 0;
  }
  return count;
}

/** Tells each row's history, divides its pairs into segments, and turns its count into the place of its first pair. */
function divide(batch: IndexedBatch, { lastStep, updates }: RowHistory, step: number, cursor: Int32Array): number {
  const { words, sections, touchedCount } = batch;
  let segment = 0;
  let place = 0;
  for (let index = 0; index < touchedCount; index++) {
    const row = words[sections.touched + index]!;
    words[sections.missed + index] = step - 1 - lastStep[row]!;
    lastStep[row] = step;
    words[sections.updates + index] = updates[row] = updates[row]! + 1;
    words[sections.firstSegments + index] = segment;
    const end = place + cursor[row]!;
    cursor[row] = place;
    for (; place < end; place += SEGMENT_LENGTH) words[sections.segments + segment++] = place;
    place = end;
  }
  words[sections.firstSegments + touchedCount] = segment;
  words[sections.segments + segment] = place;
  return segment;
}

/** Steps that every row missed until `step`, and its number of updates: [rows, 2]. From then on none has missed any. */
export function catchUpRows({ lastStep, updates }: RowHistory, step: number): Int32Array {
  const owed = new Int32Array(lastStep.length * 2);
  for (let row = 0; row < lastStep.length; row++) {
    if (updates[row] === 0) continue;
    owed[row * 2] = step - lastStep[row]!;
    owed[row * 2 + 1] = updates[row]!;
    lastStep[row] = step;
  }
  return owed;
}

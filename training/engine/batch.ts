// The examples of one step, flattened: for each (row, weight) pair of their bags, which example it belongs to and where it lands.
import type { Bags } from "../../shared/features/bags.ts";
import { type FieldLayout, inputWidth } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { HistoryLayout } from "./history-layout.ts";

/** Pair `k` adds `weight[k]` times its table row to the columns of `x0` from `column[k]`; or, by value, the weight itself to that column. */
export class Batch {
  exampleCount = 0;
  pairCount = 0;
  /** Columns of `x0`. */
  width = 0;
  example = new Int32Array(0);
  row = new Int32Array(0);
  weight = new Float32Array(0);
  column = new Int32Array(0);
  byValue = new Uint8Array(0);
  labels = new Float32Array(0);
  /** Empty where the data know of no step on the way to the label. */
  through = new Float32Array(0);
}

/**
 * Fills `batch` with the examples `order[from .. to - 1]`. `layout` is that of the whole map, context fields first. `histories` come on top:
 * a net that reads them reads no `sums`, to which their pairs would add a second time.
 */
export function fillBatch(
  batch: Batch,
  data: Dataset,
  layout: readonly FieldLayout[],
  order: Int32Array,
  from: number,
  to: number,
  histories: readonly HistoryLayout[] = [],
): void {
  const examples = order.subarray(from, to);
  const ofFields = countPairs(data.context, examples) + countPairs(data.candidate, examples);
  const ofHistories = histories.reduce((count, { positions }) => count + 2 * positions * examples.length, 0);
  reserve(batch, examples.length, ofFields + ofHistories);
  batch.exampleCount = examples.length;
  batch.pairCount = 0;
  const last = histories.at(-1);
  batch.width = last ? last.firstFilledColumn + last.positions : inputWidth(layout);
  addSide(batch, data.context, layout.slice(0, data.context.fieldCount), examples);
  addSide(batch, data.candidate, layout.slice(data.context.fieldCount), examples);
  for (const history of histories) addHistory(batch, data[history.field.from], history, examples);
  const targets = data.targets ?? data.labels;
  for (let b = 0; b < examples.length; b++) batch.labels[b] = targets[examples[b]!]!;
  if (data.through) batch.through = Float32Array.from(examples, (example) => data.through![example]!);
}

function countPairs({ fieldCount, offsets }: Bags, examples: Int32Array): number {
  let pairs = 0;
  for (const example of examples) pairs += offsets[(example + 1) * fieldCount]! - offsets[example * fieldCount]!;
  return pairs;
}

function reserve(batch: Batch, exampleCount: number, pairCount: number): void {
  if (batch.labels.length < exampleCount) batch.labels = new Float32Array(exampleCount);
  if (batch.row.length >= pairCount) return;
  const room = Math.ceil(pairCount * 1.25);
  batch.example = new Int32Array(room);
  batch.row = new Int32Array(room);
  batch.weight = new Float32Array(room);
  batch.column = new Int32Array(room);
  batch.byValue = new Uint8Array(room);
}

function addSide(batch: Batch, bags: Bags, layout: readonly FieldLayout[], examples: Int32Array): void {
  const { fieldCount, offsets, rows, weights } = bags;
  const firstColumns = Int32Array.from(layout, ({ firstColumn }) => firstColumn);
  const firstValueRows = Int32Array.from(layout, ({ embedded, firstValueRow }) => (embedded ? -1 : firstValueRow));
  let pair = batch.pairCount;
  for (let b = 0; b < examples.length; b++) {
    for (let f = 0; f < fieldCount; f++) {
      const bag = examples[b]! * fieldCount + f;
      const firstValueRow = firstValueRows[f]!;
      for (let k = offsets[bag]!; k < offsets[bag + 1]!; k++) {
        const row = rows[k]!;
        batch.example[pair] = b;
        batch.row[pair] = row;
        batch.weight[pair] = weights[k]!;
        batch.byValue[pair] = firstValueRow >= 0 ? 1 : 0;
        batch.column[pair] = firstColumns[f]! + (firstValueRow >= 0 ? row - firstValueRow : 0);
        pair++;
      }
    }
  }
  batch.pairCount = pair;
}

/** Two pairs an id: its row at its position, whatever it weighs in the field's mean, and that the position is filled. */
function addHistory(batch: Batch, { fieldCount, offsets, rows }: Bags, history: HistoryLayout, examples: Int32Array): void {
  const { field, positions, dimension, firstColumn, firstFilledColumn } = history;
  let pair = batch.pairCount;
  for (let b = 0; b < examples.length; b++) {
    const bag = examples[b]! * fieldCount + history.fieldIndex;
    const end = offsets[bag + 1]!;
    for (let k = offsets[bag]!; k < end; k++) {
      if (rows[k] === field.firstRow) continue; // of an empty history
      const position = positions - (end - k);
      batch.example.fill(b, pair, pair + 2);
      batch.row.fill(rows[k]!, pair, pair + 2);
      batch.weight.fill(1, pair, pair + 2);
      batch.byValue[pair] = 0;
      batch.column[pair++] = firstColumn + position * dimension;
      batch.byValue[pair] = 1;
      batch.column[pair++] = firstFilledColumn + position;
    }
  }
  batch.pairCount = pair;
}
